/* Start-up on QEMU's mps2-an386, a Cortex-M4F. The linker script says where things are. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern uint32_t stack_top, data_start, data_end, data_load, bss_start, bss_end;
extern void initialise_monitor_handles(void);
extern int main(void);

void reset(void)
{
    /* Coprocessor access control: full access to the FPU. */
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20;
    __asm volatile("dsb; isb");
    memcpy(&data_start, &data_load, (size_t)((char *)&data_end - (char *)&data_start));
    memset(&bss_start, 0, (size_t)((char *)&bss_end - (char *)&bss_start));
    initialise_monitor_handles();
    exit(main());
}

static void fault(void)
{
    /* Semihosting SYS_EXIT, reason "internal error": the emulator ends with a code that is not 0. */
    register uint32_t operation __asm("r0") = 0x18;
    register uint32_t reason __asm("r1") = 0x20024;
    __asm volatile("bkpt 0xAB" : : "r"(operation), "r"(reason) : "memory");
    for (;;) {
    }
}

typedef union {
    void *stack;
    void (*handler)(void);
} vector;

/* Stack, reset, NMI, hard fault, memory, bus and usage fault. No interrupt is enabled. */
__attribute__((section(".vectors"), used)) const vector vectors[] = {
    {.stack = &stack_top}, {.handler = reset}, {.handler = fault}, {.handler = fault},
    {.handler = fault},    {.handler = fault}, {.handler = fault},
};
