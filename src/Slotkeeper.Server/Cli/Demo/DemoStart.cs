using System.Globalization;

namespace Slotkeeper.Server.Cli.Demo;

/// <summary>The workspace that the printed commands are about.</summary>
/// <param name="Start">A time that is free; null when none was found.</param>
internal sealed record DemoSample(string WorkspaceId, string Name, DateTimeOffset? Start);

/// <summary>What a started demo tells: where it is, how to get in, and three commands to copy.</summary>
internal sealed record DemoStart(
    string Address, Uri Sandbox, string Folder, string AdminKey, string AgencyKey, string AgencyName, DemoSample Sample, DemoSeeded Seeded)
{
    private IReadOnlyList<(string Question, string Command)> Commands =>
    [
        ($"Free times of {Sample.Name}:", Curl(AgencyKey, $"/v1/workspaces/{Sample.WorkspaceId}/slots?maxAge=60&limit=5")),
        ("Why is this time offered?", Curl(AgencyKey, $"/v1/workspaces/{Sample.WorkspaceId}/slots/explain?start={UtcText.Format(Sample.Start ?? DateTimeOffset.UnixEpoch)}")),
        ("How fresh is everything?", Curl(AdminKey, "/v1/fleet/freshness")),
    ];

    public void Print(TextWriter text, DemoFleet fleet)
    {
        text.WriteLine($"Dashboard   {Address}/dashboard   (sign in with one of the keys below)");
        text.WriteLine($"API         {Address}   (documentation: {Address}/docs)");
        text.WriteLine($"Providers   {Sandbox.ToString().TrimEnd('/')}   (simulated: Calendly, HubSpot, HighLevel, Cal.com)");
        text.WriteLine($"Data        {Folder}");
        text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Workspaces  {fleet.Workspaces.Count:N0} of {DemoFleet.Agencies.Count} agencies ({(Seeded.Created == 0 ? "all from the last start" : string.Create(CultureInfo.InvariantCulture, $"{Seeded.Created:N0} new"))}); {fleet.Workspaces.Count(workspace => workspace.Fault is not null)} of them are broken on purpose"));
        text.WriteLine();
        text.WriteLine($"Admin key   {AdminKey}");
        text.WriteLine($"Agency key  {AgencyKey}   ({AgencyName})");
        foreach (var (question, command) in Commands)
        {
            text.WriteLine();
            text.WriteLine(question);
            text.WriteLine($"  {command}");
        }
        text.WriteLine();
        text.WriteLine("One line for each run, every minute. Ctrl-C stops it.");
    }

    public object ForPrograms(DemoFleet fleet) => new
    {
        Address,
        sandbox = Sandbox,
        Folder,
        AdminKey,
        AgencyKey,
        workspaces = fleet.Workspaces.Count,
        Seeded.Created,
        commands = Commands.Select(command => command.Command),
    };

    private string Curl(string key, string path) => $"curl -s -H 'Authorization: Bearer {key}' '{Address}{path}'";
}
