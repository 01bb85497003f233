"""One row becomes one customer: who it is, what is known, who may be mailed, what was ordered and said."""
