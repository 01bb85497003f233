"""The tables. Rows carry no behaviour and never leave the store; values from `model` do.

A module imports those whose tables its own refer to, and who needs rows imports their module: to map all forty classes
takes a tenth of a short command's time. `tables` has all.
"""
