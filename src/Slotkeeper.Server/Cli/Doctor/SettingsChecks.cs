namespace Slotkeeper.Server.Cli.Doctor;

/// <summary>All settings that are wrong, at once, and those that are missing for a purpose.</summary>
internal static class SettingsChecks
{
    private const string Name = "settings";

    /// <returns>Null settings when some are wrong: nothing that depends on them can be checked.</returns>
    public static (ServerSettings? Settings, IReadOnlyList<Check> Checks) Run(IConfiguration configuration)
    {
        ServerSettings settings;
        try
        {
            settings = ServerSettings.Read(configuration);
        }
        catch (SettingsException faults)
        {
            return (null, [.. faults.Message.Split(Environment.NewLine).Select(fault => Check.Wrong(Name, fault, "Change or unset it."))]);
        }
        var checks = new List<Check> { Check.Ok(Name, "all values are in range") };
        if (settings.CronSecret is null)
            checks.Add(Check.Note("CRON_SECRET", "not set: the cron routes answer 503", settings.Scheduler ? null : "Set it: AVAILABILITY_SCHEDULER is off, so nothing refreshes calendars."));
        if (settings.MasterKey is null)
            checks.Add(Check.Note("SLOTKEEPER_MASTER_KEY", "not set: only public booking links can be used, no connections"));
        if (settings.AllowPrivateAddresses)
            checks.Add(Check.Note("Egress__AllowPrivateAddresses", "true: addresses given by users may reach private networks", "Unset it outside of demos and tests."));
        return (settings, checks);
    }
}
