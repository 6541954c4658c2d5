"""Markov decision processes as CSV: `python3 processes.py`. No dependencies.

energy_node.csv  A sensor node that lives on harvested energy. Battery b of 0..11 units and weather w (dark, dim, sunny), state
                 3b + w. Action: duty of the next hour, 0..3; it earns 0, 3, 5, 6 and drains its own number of units,
                 one more with probability 0.2 (0.1 for duty 0). Dim weather harvests 0 or 1 with equal chances, sunny
                 weather 0, 1, 2 with 0.1, 0.3, 0.6. If the battery does not last the node earns -20 instead and restarts with
                 what it harvests.
inventory.csv    Stock of 0..20 (state) and an order of at most 10 that fits (action); demand 0, 2, 3, 4, 5, 8 with
                 0.1, 0.3, 0.1, 0.1, 0.3, 0.1; what is not there is lost. Price 16, unit cost 5, 2 for each order, 0.3 for each
                 unit left.
machine.csv      Machine replacement, from figure 3 of Delage and Mannor (2010), as in the package MDPs.jl: states 1 and 2 repair,
                 3..10 are ages; actions 1 run and 2 repair. Ids count from 1.

machine_trajectory.csv  60 episodes of 40 steps of that machine, each from a state drawn from all, run with probability 0.7. Seeded.
chain_returns.csv       400 returns over 100 steps, discount 0.9, on a chain of 11 states, from states drawn from all but 5. Action
                        "next" leads to the state after and pays 10 in state 9, from which it leads to 0; "reset" leads to state 10
                        and pays 1 there; both lead from 10 to 0. "next" is taken with probability 0.95. Seeded.
"""

import csv
import pathlib
import random

HERE = pathlib.Path(__file__).parent


def write(name, rows):
    """rows: {(state, action): {(next, reward): probability}}"""
    with open(HERE / name, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["idstatefrom", "idaction", "idstateto", "probability", "reward"])
        for (state, action), edges in sorted(rows.items()):
            for (after, reward), probability in sorted(edges.items()):
                out.writerow([state, action, after, repr(round(probability, 15)), repr(reward)])


def energy_node():
    weather = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.3, 0.6]]
    harvest = [[1.0], [0.5, 0.5], [0.1, 0.3, 0.6]]
    rows = {}
    for battery in range(12):
        for w in range(3):
            for duty in range(4):
                edges = rows.setdefault((3 * battery + w, duty), {})
                more = 0.1 if duty == 0 else 0.2
                for used, p_used in [(duty, 1 - more), (duty + 1, more)]:
                    for gain, p_gain in enumerate(harvest[w]):
                        lasts = battery >= used
                        level = min(11, battery - used + gain if lasts else gain)
                        reward = [0, 3, 5, 6][duty] if lasts else -20
                        for after, p_after in enumerate(weather[w]):
                            edge = (3 * level + after, reward)
                            edges[edge] = edges.get(edge, 0) + p_used * p_gain * p_after
    return rows


def inventory():
    demand = {0: 0.1, 2: 0.3, 3: 0.1, 4: 0.1, 5: 0.3, 8: 0.1}
    rows = {}
    for stock in range(21):
        for order in range(min(10, 20 - stock) + 1):
            edges = rows.setdefault((stock, order), {})
            for wanted, p in demand.items():
                sold = min(wanted, stock + order)
                left = stock + order - sold
                reward = round(16 * sold - 5 * order - 2 * (order > 0) - 0.3 * left, 10)
                edges[left, reward] = edges.get((left, reward), 0) + p
    return rows


def machine():
    rows = {}
    for state in range(1, 11):
        pays = -20.0 if state >= 9 else 0.0
        if state == 1:
            run, repair = {(1, -2.0): 0.2, (3, 0.0): 0.8}, {(1, -2.0): 1.0}
        elif state == 2:
            run, repair = {(2, -10.0): 1.0}, {(1, -2.0): 0.6, (2, -10.0): 0.4}
        elif state == 10:
            run, repair = {(10, -20.0): 1.0}, {(10, -20.0): 0.3, (1, -2.0): 0.6, (2, -10.0): 0.1}
        else:
            run = {(state, 0.0): 0.2, (state + 1, pays): 0.8}
            repair = {(state + 1, pays): 0.3, (1, 0.0): 0.6, (2, 0.0): 0.1}
        rows[state, 1], rows[state, 2] = run, repair
    return rows


def trajectory(name, rows, episodes, steps, seed):
    """Actions: the first with probability 0.7."""
    draw = random.Random(seed)
    states = sorted({state for state, _ in rows})
    with open(HERE / name, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["episode", "state", "action", "reward", "next_state"])
        for episode in range(episodes):
            state = states[int(draw.random() * len(states))]
            for _ in range(steps):
                action = 1 if draw.random() < 0.7 else 2
                left = draw.random()
                for (after, reward), probability in sorted(rows[state, action].items()):
                    left -= probability
                    if left < 0:
                        break
                out.writerow([episode + 1, state, action, f"{reward:g}", after])
                state = after


def chain_returns(name, samples, seed):
    draw = random.Random(seed)
    with open(HERE / name, "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["state", "return"])
        for _ in range(samples):
            start = int(draw.random() * 10)
            start += start >= 5
            state, value = start, 0.0
            for step in range(100):
                goes_on = draw.random() < 0.95
                pays = 10 if goes_on and state == 9 else 1 if not goes_on and state == 10 else 0
                value += 0.9**step * pays
                state = 0 if state == 10 else 10 if not goes_on else state + 1 if state < 9 else 0
            out.writerow([start, f"{value:.5f}"])


if __name__ == "__main__":
    write("energy_node.csv", energy_node())
    write("inventory.csv", inventory())
    write("machine.csv", machine())
    trajectory("machine_trajectory.csv", machine(), 60, 40, 7)
    chain_returns("chain_returns.csv", 400, 1)
