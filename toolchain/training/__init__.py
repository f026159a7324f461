"""Training: from samples to a network that reads them.

In reading order:

- `loop`: the loop itself: numbers, learning rate, step, average, validate, save.
- `recipes`: how long and how fast: the recipes by name.
- `run`: one training run as a user sees it: where it is kept, what it prints, how it goes on.
- `folders`: the folder of a run: a new one or one to go on with, one process at a time.
- `resuming`: the checkpoint a run goes on from, and what must be the same as before.
- `settings`: what a TOML file or an option can change.
- `devices`: where to compute, and what is fast there.
- `batches`: numbers sorted by width, their empty columns cut.
- `ahead`: batches made ahead by a thread of their own.
- `ranks`: training by several processes that torchrun starts, on the whole batch's statistics.
- `profile`: where the time of a step goes.
- `divergence`: where training blows up: it stops before the step, and keeps what replays it.
- `hard_digits`: digits that a network misreads come more often.
- `muon`: the optimizer of hidden convolutions.
- `ema`: the moving average of the weights.
- `norms`: batch-norm that keeps the statistics that it has.
- `accuracy`: how well a network reads, with the interval that the count allows.
- `averaging`: the mean of several trained networks, where it reads better.
- `footprint`: the memory that a training step takes, by what its backward pass needs.
- `studies`: where a search is kept, and who works on it.
- `tune`: the search for a better recipe.
"""
