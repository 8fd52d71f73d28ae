using Slotkeeper.Bench;

return args switch
{
    ["read", ..] => ReadBenchmark.Run(),
    ["memory", ..] => ReadBenchmark.Memory(),
    _ => 2,
};
