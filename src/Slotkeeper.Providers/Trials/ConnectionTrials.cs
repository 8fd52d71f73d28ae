using System.Globalization;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.FirstTouch;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.EmailBison;
using Slotkeeper.Providers.HighLevel;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers.Trials;

/// <summary>
/// Tries connections: one call that changes nothing and needs the same right as reading, under the account's own budget and breaker. What it learns counts for both, as of any call.
/// </summary>
public sealed class ConnectionTrials
{
    private readonly ErrandOffice office;
    private readonly ErrandSender sender;
    private readonly EmailBisonClient sequencer;
    private readonly ProviderOptions options;
    private readonly TimeProvider clock;

    internal ConnectionTrials(ErrandOffice office, ErrandSender sender, EmailBisonClient sequencer, ProviderOptions options, TimeProvider clock)
    {
        this.office = office;
        this.sender = sender;
        this.sequencer = sequencer;
        this.options = options;
        this.clock = clock;
    }

    /// <param name="connectionId">Which.</param>
    /// <param name="provider">Its provider.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<ConnectionTrial> TryAsync(string connectionId, Provider provider, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var (outcome, detail) = provider switch
        {
            Provider.EmailBison => await TrySequencerAsync(connectionId, cancellationToken),
            Provider.CalDav => (TrialOutcome.NotConfigured, "Calendars at caldav cannot be read."),
            _ => await TryAsync(connectionId, cancellationToken),
        };
        return new ConnectionTrial(outcome, detail, clock.GetElapsedTime(began));
    }

    private async Task<(TrialOutcome Outcome, string Detail)> TryAsync(string connectionId, CancellationToken cancellationToken)
    {
        if (office.Open(connectionId, cancellationToken, out var lacks) is not { } errand)
            return (TrialOutcome.NotConfigured, lacks!);
        if (Credentials.Read(errand.Connection!, errand.Provider == Provider.CalCom ? "apiKey" : "accessToken", out var token) is FetchResult.NotConfigured fault)
            return (TrialOutcome.NotConfigured, fault.Detail);
        var call = errand.Provider switch
        {
            Provider.CalCom => new ErrandCall(HttpMethod.Get, "/v2/me"),
            Provider.Calendly => new ErrandCall(HttpMethod.Get, "/users/me"),
            Provider.HubSpot => new ErrandCall(HttpMethod.Get, $"/scheduler/{options.HubSpotApiVersion}/meetings/meeting-links?limit=1"),
            Provider.HighLevel => new ErrandCall(HttpMethod.Get, "/calendars/?locationId=" + Uri.EscapeDataString(errand.Connection!.Credential.GetValueOrDefault("locationId", "").Trim()))
            {
                VersionHeader = HighLevelApi.VersionHeader,
                Version = HighLevelApi.Version,
            },
            _ => throw new InvalidOperationException($"No trial for {errand.Provider}."),
        };
        var answer = await sender.SendAsync(errand, call with { Bearer = token });
        return answer switch
        {
            { IsSuccess: true, Body: not null } => (TrialOutcome.Works, $"{answer.Provider.ToName()} takes the credential."),
            { IsSuccess: true } => (TrialOutcome.Refused, $"{answer.Detail} with what cannot be read."),
            { Fault: BookResult.RateLimited limited } => (TrialOutcome.Limited, string.Create(CultureInfo.InvariantCulture, $"Not tried: calls are to wait until {limited.Until:O}.")),
            { Fault: BookResult.NotSent notSent } => (TrialOutcome.Unreachable, notSent.Detail),
            { Fault: BookResult.Unknown unknown } => (TrialOutcome.Unreachable, unknown.Detail),
            { Status: 401 or 403 } => (TrialOutcome.Unauthorized, answer.Detail),
            _ => (TrialOutcome.Refused, answer.Detail),
        };
    }

    private async Task<(TrialOutcome Outcome, string Detail)> TrySequencerAsync(string connectionId, CancellationToken cancellationToken)
    {
        return await sequencer.TryAsync(new SequencerAccount(connectionId, null, "UTC"), cancellationToken) switch
        {
            null => (TrialOutcome.Works, "emailbison takes the credential."),
            { Kind: SequencerFaultKind.NotConfigured } fault => (TrialOutcome.NotConfigured, fault.Detail),
            { Kind: SequencerFaultKind.Unauthorized } fault => (TrialOutcome.Unauthorized, fault.Detail),
            { Kind: SequencerFaultKind.Paused } fault => (TrialOutcome.Limited, fault.Detail),
            { Kind: SequencerFaultKind.Unreachable } fault => (TrialOutcome.Unreachable, fault.Detail),
            var fault => (TrialOutcome.Refused, fault.Detail),
        };
    }
}
