// A story owns the thread pool while it is told (see Simulation): the clock must not run ahead of work that is still going on.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
