// Markov decision process of 36 states and 4 actions.
// Written by `reparam deploy` 0.1.0 from energy_node.json. Make it anew rather than edit it.
