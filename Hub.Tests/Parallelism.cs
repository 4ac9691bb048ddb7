// Fixtures run one after another, because many of them measure or load the machine. Those that carry [Parallelizable] mostly wait (for a Redis to come
// back, a token to expire, the next round of nodes), on servers of their own: they run beside each other, and beside no others.
[assembly: LevelOfParallelism(4)]
