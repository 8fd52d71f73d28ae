namespace Slotkeeper.Providers.HighLevel;

/// <summary>What every call of HighLevel's API carries.</summary>
internal static class HighLevelApi
{
    public const string VersionHeader = "Version";

    public const string Version = "2021-04-15";
}
