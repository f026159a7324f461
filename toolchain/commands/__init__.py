"""The commands of `nrtool`: they parse, call and print, and know nothing themselves.

In the order in which `nrtool --help` lists them:

- `making`: generate, import, fonts, train, average.
- `tuning`: config, tune.
- `shipping`: export, parity, bench, models.
- `evaluating`: evaluate.
- `proving`: golden, inspect, report.
- `reading`: predict.
- `drawing`: draw, board.
- `options`: options that several commands share.
"""
