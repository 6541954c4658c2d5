//! Host side of the firmware.
