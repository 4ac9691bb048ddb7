// Three fixtures run at a time, each in its own order: most tests wait for processes, sockets and time. More than three only stand in each
// other's way on two cores. What a fixture starts is its own: servers, Redis, folders, ports, users.
// [NonParallelizable] runs alone what cannot share the process, its machine or its server:
// - what sets or hears things of the whole process: environment variables, activities, diagnostic events;
// - the contract tests, which share one server and look at its log and at the topic of all readers;
// - what holds a frozen Redis to the number of its calls, or builds on top of what the build of these tests left.
// - what is told once a minute, where a busy machine would be told something else first.
// ParallelismTests looks for the first two.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(3)]
