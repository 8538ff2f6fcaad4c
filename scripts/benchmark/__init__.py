"""The benchmark behind `scripts/bench`.

needs       which programs it takes, and what is missing
build       our programs in release, the peers from PyPI and npm
data        the users: one SQLite file a size, the same rows in PostgreSQL
postgres    a PostgreSQL server of its own
processes   servers: started, awaited, ended by process id
contestants who takes part, and with which settings
works       what is measured: calls, clients, seconds
stage       everybody started on one database
agreement   everybody shows the same users
quiet       what others took of the machine meanwhile
rounds      the slots, interleaved
footprint   memory and time to start
medians     the results, and ratios between them
goals       what must hold
report      the tables; `picture` draws one of them
"""
