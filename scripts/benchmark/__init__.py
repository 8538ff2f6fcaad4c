"""The benchmark behind `scripts/bench`.

requirements     which programs it needs, and what is missing
build            our programs in release, the peers from PyPI and npm
data             the users: one SQLite file a size, the same rows in PostgreSQL
postgres         a PostgreSQL server of its own
processes        servers: started, awaited, ended by process id
participants     who takes part, and with which settings
workloads        what is measured: calls, clients, seconds
test_bed         every participant started on one database
agreement        checks that all participants show the same users
background_load  what other programs used of the machine meanwhile
rounds           the slots, interleaved
footprint        memory and time to start
summary          the results: medians, and ratios between them
goals            what must hold
report           the tables; `chart` draws one of them
paths            where files are
"""
