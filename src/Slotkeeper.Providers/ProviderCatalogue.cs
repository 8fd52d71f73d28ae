using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Slotkeeper.Calendars;
using Slotkeeper.Providers.Bookings;
using Slotkeeper.Providers.CalCom;
using Slotkeeper.Providers.Calendly;
using Slotkeeper.Providers.Deliveries;
using Slotkeeper.Providers.EmailBison;
using Slotkeeper.Providers.HighLevel;
using Slotkeeper.Providers.HubSpot;
using Slotkeeper.Providers.Links;
using Slotkeeper.Providers.Pipeline;
using Slotkeeper.Providers.Trials;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Refresh;

namespace Slotkeeper.Providers;

/// <summary>All providers behind one door. One instance per process: budgets, breakers and connections live in it.</summary>
public sealed class ProviderCatalogue : ICalendarProviders, IDisposable
{
    private readonly ProviderOptions options;
    private readonly TimeProvider clock;
    private readonly ConnectionOpener openConnection;
    private readonly ILogger logger;
    private readonly ProviderMetrics metrics;
    private readonly Gates gates;
    private readonly ProviderPipeline pipeline;
    private readonly Endpoint?[] endpoints = new Endpoint?[Enum.GetValues<Provider>().Length];

    /// <exception cref="ArgumentException">An option is out of range; the message names the setting.</exception>
    public ProviderCatalogue(ProviderOptions options, TimeProvider clock, ConnectionOpener openConnection, ILogger<ProviderCatalogue> logger, IMeterFactory meters)
        : this(options, clock, openConnection, logger, meters, transport: null)
    {
    }

    /// <summary>With another transport, for tests.</summary>
    internal ProviderCatalogue(ProviderOptions options, TimeProvider clock, ConnectionOpener openConnection, ILogger logger, IMeterFactory meters, Transport? transport)
    {
        options.Check();
        this.options = options;
        this.clock = clock;
        this.openConnection = openConnection;
        this.logger = logger;
        metrics = new ProviderMetrics(meters);
        gates = new Gates(options, clock, logger);
        var way = transport ?? Transport.Over(options, new EgressGuard(options.AllowPrivateAddresses));
        pipeline = new ProviderPipeline(options, way, clock, logger, metrics);
        Add(new CalendlyAdapter(pipeline, options, logger));
        Add(new HubSpotAdapter(pipeline, options));
        Add(new HighLevelAdapter(pipeline, options, gates));
        Add(new CalComAdapter(pipeline, options));

        var sender = new ErrandSender(options, way, clock, logger, metrics);
        var office = new ErrandOffice(options, gates, clock, openConnection);
        Bookings = new ProviderBookings(office, sender, options, clock, (request, token) => FetchAsync(request, Purpose.Booking, token));
        Webhooks = new ProviderWebhooks(office, sender);
        Deliveries = new DeliveryCourier(options, way, clock, logger);
        EmailBison = new EmailBisonClient(sender, gates, openConnection, options, clock);
        Trials = new ConnectionTrials(office, sender, EmailBison, options, clock);
    }

    /// <summary>Booking at the providers, under the same budgets and breakers.</summary>
    public ProviderBookings Bookings { get; }

    /// <summary>The webhooks that providers send us, registered under the same budgets and breakers.</summary>
    public ProviderWebhooks Webhooks { get; }

    /// <summary>The way to the systems of agencies: same egress guard, no budgets.</summary>
    public DeliveryCourier Deliveries { get; }

    /// <summary>The e-mail sequencer, under a budget of its own for each host.</summary>
    public EmailBisonClient EmailBison { get; }

    /// <summary>Trying connections, under the same budgets and breakers.</summary>
    public ConnectionTrials Trials { get; }

    public IReadOnlyList<string> SupportedLinks => BookingLinks.Supported;

    public BookingLink? Recognise(string url) => BookingLinks.Parse(url) is { } link ? new BookingLink(link.Provider, link.CanonicalUrl) : null;

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken) => FetchAsync(request, Purpose.Reading, cancellationToken);

    private async ValueTask<FetchResult> FetchAsync(FetchRequest request, Purpose purpose, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var calendar = request.Calendar;
        if (request.To <= request.From)
            throw new ArgumentException("The window is empty.", nameof(request));
        if (endpoints[(int)calendar.Provider] is not { } endpoint)
            return new FetchResult.NotConfigured($"Calendars at {calendar.Provider.ToName()} cannot be read.");

        // A link is read as the public reads it, even where the workspace has a connection for booking.
        OpenedConnection? connection = null;
        if (calendar.Url is null && calendar.ConnectionId is { } connectionId)
        {
            connection = openConnection(connectionId);
            if (connection is null)
                return new FetchResult.NotConfigured($"Connection {connectionId} does not exist, or its credential cannot be opened with the present SLOTKEEPER_MASTER_KEY.");
            if (connection.Provider != calendar.Provider)
                return new FetchResult.NotConfigured($"Connection {connectionId} is for {connection.Provider.ToName()}, the calendar is at {calendar.Provider.ToName()}.");
        }
        else if (calendar.Url is null && calendar.ExternalId is null)
        {
            return new FetchResult.NotConfigured("The calendar has neither a booking link nor an id at its provider.");
        }

        var userBase = connection?.BaseUrl;
        if (userBase is not null && !(Uri.TryCreate(userBase, UriKind.Absolute, out var given) && given.Scheme is "http" or "https" && given.UserInfo.Length == 0))
            return new FetchResult.NotConfigured($"The baseUrl of connection {calendar.ConnectionId} is not an absolute http or https address without a user.");
        var gate = connection is null
            ? gates.OfHost(endpoint.PublicHost, calendar.Provider)
            : gates.OfConnection(calendar.ConnectionId!, calendar.Provider);
        var baseUrl = connection is null ? endpoint.PublicBase : userBase?.TrimEnd('/') ?? endpoint.Base;

        using var visit = new Visit(request, connection, gate, baseUrl, userBase is not null, options, clock, cancellationToken) { Purpose = purpose };
        var result = await endpoint.Adapter.FetchAsync(visit);
        if (visit.Slots.Unreadable > 0 || visit.Slots.Past > 0)
            Report(calendar, visit.Slots.Unreadable, visit.Slots.Past);
        return result;
    }

    /// <summary>How a connection fares; null when there is no such connection.</summary>
    public ConnectionHealth? Health(string connectionId)
    {
        if (gates.Find(connectionId) is { } gate)
            return gate.Health();
        return openConnection(connectionId) is { } connection ? gates.OfConnection(connectionId, connection.Provider).Health() : null;
    }

    /// <summary>Drops what is known of a connection: it was deleted, or has a new credential that deserves a fresh start.</summary>
    public void Forget(string connectionId) => gates.Forget(connectionId);

    public void Dispose() => pipeline.Dispose();

    private void Add(IProviderAdapter adapter)
    {
        var addresses = adapter.Addresses;
        var open = (addresses.PublicBaseUrl.Length > 0 ? addresses.PublicBaseUrl : addresses.BaseUrl).TrimEnd('/');
        endpoints[(int)adapter.Provider] = new Endpoint(adapter, addresses.BaseUrl.TrimEnd('/'), open, new Uri(open));
    }

    private void Report(Calendar calendar, int unreadable, int past)
    {
        metrics.LeftOut(calendar.Provider, unreadable, past);
        if (unreadable > 0)
            ProviderLog.UnreadableSlots(logger, calendar.Provider.ToName(), unreadable, calendar.Id);
        if (past > 0)
            ProviderLog.PastSlots(logger, calendar.Provider.ToName(), past, calendar.Id);
    }

    private sealed record Endpoint(IProviderAdapter Adapter, string Base, string PublicBase, Uri PublicHost);
}
