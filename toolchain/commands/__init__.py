"""The commands of `nrtool`: they parse, call and print, and know nothing themselves.

In the order in which `nrtool --help` lists them:

- `making`: generate, train, average.
- `importing`: import, fonts.
- `tuning`: config, tune.
- `proving`: evaluate, parity, bench, golden.
- `shipping`: export.
- `reading`: predict.
- `drawing`: draw.
- `looking`: models, inspect, report, board, doctor.
- `options`: options that several commands share.
"""
