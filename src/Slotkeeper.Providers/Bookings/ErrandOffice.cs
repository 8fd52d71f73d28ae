using Slotkeeper.Calendars;
using Slotkeeper.Providers.Pipeline;

namespace Slotkeeper.Providers.Bookings;

/// <summary>Prepares errands: which account, which address, which gate.</summary>
internal sealed class ErrandOffice(ProviderOptions options, Gates gates, TimeProvider clock, ConnectionOpener openConnection)
{
    /// <summary>Where a calendar's bookings go. Unlike reading, booking by a link uses the connection where there is one.</summary>
    /// <returns>Null when it cannot be done as things are set; <paramref name="lacks"/> says why.</returns>
    public Errand? Open(Calendar calendar, CancellationToken cancellationToken, out string? lacks)
    {
        if (calendar.ConnectionId is { } connectionId)
            return Open(calendar.Provider, connectionId, openConnection(connectionId), connectionId, calendar, cancellationToken, out lacks);
        lacks = null;
        if (AddressesOf(calendar.Provider) is not { } addresses)
        {
            lacks = $"Calendars at {calendar.Provider.ToName()} cannot be booked.";
            return null;
        }
        var open = (addresses.PublicBaseUrl.Length > 0 ? addresses.PublicBaseUrl : addresses.BaseUrl).TrimEnd('/');
        return new Errand(calendar.Provider, calendar.Id, calendar, null, gates.OfHost(new Uri(open), calendar.Provider), open, BaseIsUserGiven: false, cancellationToken) { Began = clock.GetTimestamp() };
    }

    public Errand? Open(string connectionId, CancellationToken cancellationToken, out string? lacks)
    {
        if (openConnection(connectionId) is { } connection)
            return Open(connection.Provider, connectionId, connection, connectionId, null, cancellationToken, out lacks);
        lacks = Unopened(connectionId);
        return null;
    }

    /// <summary>With a credential that the connection had before: what comes of it says nothing about the connection, so it has a gate of its own.</summary>
    public Errand? OpenFormer(string connectionId, OpenedConnection former, CancellationToken cancellationToken, out string? lacks) =>
        Open(former.Provider, connectionId, former, FormerGate(connectionId), null, cancellationToken, out lacks);

    /// <summary>The gate of a former credential is needed no more.</summary>
    public void CloseFormer(string connectionId) => gates.Forget(FormerGate(connectionId));

    private static string FormerGate(string connectionId) => connectionId + "|former";

    private Errand? Open(
        Provider provider, string connectionId, OpenedConnection? opened, string gate, Calendar? calendar, CancellationToken cancellationToken, out string? lacks)
    {
        lacks = null;
        if (AddressesOf(provider) is not { } addresses)
            lacks = $"Calendars at {provider.ToName()} cannot be booked.";
        else if (opened is not { } connection)
            lacks = Unopened(connectionId);
        else if (connection.Provider != provider)
            lacks = $"Connection {connectionId} is for {connection.Provider.ToName()}, the calendar is at {provider.ToName()}.";
        else if (connection.BaseUrl is { } given && !(Uri.TryCreate(given, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0))
            lacks = $"The baseUrl of connection {connectionId} is not an absolute http or https address without a user.";
        else if (connection.BaseUrl is { } plain && !options.AllowPrivateAddresses && !plain.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            lacks = $"The baseUrl of connection {connectionId} is not https. Set Egress__AllowPrivateAddresses to true to allow http.";
        else
            return new Errand(provider, calendar?.Id ?? connectionId, calendar, connection, gates.OfConnection(gate, provider), (connection.BaseUrl ?? addresses.BaseUrl).TrimEnd('/'), connection.BaseUrl is not null, cancellationToken) { Began = clock.GetTimestamp() };
        return null;
    }

    private static string Unopened(string connectionId) => $"Connection {connectionId} does not exist, or its credential cannot be opened with the present SLOTKEEPER_MASTER_KEY.";

    private ProviderAddresses? AddressesOf(Provider provider) => provider switch
    {
        Provider.Calendly => options.Calendly,
        Provider.HubSpot => options.HubSpot,
        Provider.HighLevel => options.HighLevel,
        Provider.CalCom => options.CalCom,
        _ => null,
    };
}
