using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Logs;
using Slotkeeper.Agents;
using Slotkeeper.Bookings;
using Slotkeeper.Calendars;
using Slotkeeper.Deliveries;
using Slotkeeper.FirstTouch;
using Slotkeeper.FollowUps;
using Slotkeeper.Holds;
using Slotkeeper.Invalidation;
using Slotkeeper.Offers;
using Slotkeeper.Providers;
using Slotkeeper.Providers.Trials;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Reading;
using Slotkeeper.Refresh;
using Slotkeeper.Server.Agents;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Cron;
using Slotkeeper.Server.Dashboard;
using Slotkeeper.Server.Dashboard.Connections;
using Slotkeeper.Server.Dashboard.Fleet;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Server.Operation;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Server.Transfer;
using Slotkeeper.Server.Webhooks;
using Slotkeeper.Server.Workers;
using Slotkeeper.Snapshots;
using Slotkeeper.Storage;

namespace Slotkeeper.Server;

/// <summary>What a host of the server may replace: tests, the demo, benchmarks. Everything has its usual value.</summary>
public sealed class CompositionOverrides
{
    /// <summary>The clock of everything; null for the system's.</summary>
    public TimeProvider? Clock { get; init; }

    /// <summary>Where the first admin key is printed; null for standard output.</summary>
    public TextWriter? Output { get; init; }

    /// <summary>Changes the options of the providers after the settings were read.</summary>
    public Action<ProviderOptions>? Providers { get; init; }

    /// <summary>Calendars' providers instead of the real ones.</summary>
    public ICalendarProviders? CalendarProviders { get; init; }

    /// <summary>Booking at the providers instead of the real one.</summary>
    public IBookingProviders? BookingProviders { get; init; }

    /// <summary>Registering webhooks at the providers instead of the real one.</summary>
    internal WebhookRegistrar? Webhooks { get; init; }

    /// <summary>Trying connections at the providers instead of the real one.</summary>
    public Func<string, Provider, CancellationToken, Task<ConnectionTrial>>? Trials { get; init; }

    /// <summary>The way to the systems of agencies and workspaces instead of the real one.</summary>
    public DeliverySender? DeliverySender { get; init; }

    /// <summary>Least level that is logged to the console; null for the usual ones.</summary>
    public LogLevel? LogLevel { get; init; }

    /// <summary>Changes where logs go, after everything else was set up.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }

    /// <summary>Whether Ctrl+C and SIGTERM stop the server; false where whoever hosts it does that.</summary>
    public bool HandleSignals { get; init; } = true;
}

/// <summary>What is plugged into what. The only file that names implementations, and the system's clock.</summary>
public static class Composition
{
    /// <summary>Larger bodies are refused with 413.</summary>
    public const int MaximumBodyBytes = 1024 * 1024;

    /// <summary>A stop waits this long for requests and runs under way.</summary>
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(30);

    /// <summary>Builds the server; <c>StartAsync</c> starts it. Touches neither network nor database yet.</summary>
    /// <exception cref="SettingsException">A setting of the providers is out of range.</exception>
    public static WebApplication Build(ServerSettings settings, CompositionOverrides? overrides = null)
    {
        overrides ??= new CompositionOverrides();
        overrides.Providers?.Invoke(settings.Providers);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(Composition).Assembly.GetName().Name });
        AddHost(builder, settings, overrides);
        AddCore(builder.Services, settings, overrides);
        AddServer(builder.Services, settings, overrides);
        var app = builder.Build();
        Pipe(app);
        try
        {
            // Checks its options, so that a wrong one stops the start rather than the first fetch.
            app.Services.GetRequiredService<ICalendarProviders>();
            app.Services.GetRequiredService<WebhookSignatures>();
        }
        catch (ArgumentException fault)
        {
            throw new SettingsException(fault.Message);
        }
        return app;
    }

    /// <summary>A database for a command that looks at it without being a server.</summary>
    internal static DatabaseStorage Storage(StorageSettings settings, TimeProvider clock) => new(settings, clock);

    /// <summary>The providers for a command that reads public links without being a server. Disposed of by the caller.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names the setting.</exception>
    internal static ProviderCatalogue PublicProviders(ProviderOptions options, TimeProvider clock, System.Diagnostics.Metrics.IMeterFactory meters) =>
        new(options, clock, _ => null, Microsoft.Extensions.Logging.Abstractions.NullLogger<ProviderCatalogue>.Instance, meters);

    /// <summary>Every route, for the server and for what describes it.</summary>
    internal static void MapRoutes(IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("");
        OperationApi.Map(routes);
        AvailabilityCron.Map(routes);
        FollowUpsCron.Map(routes);
        FirstTouchCron.Map(routes);
        AgenciesApi.Map(routes);
        KeysApi.Map(routes);
        SessionApi.Map(routes);
        ConnectionsApi.Map(routes);
        WebhookSecretsApi.Map(routes);
        ConnectionTrialApi.Map(routes);
        WorkspacesApi.Map(routes);
        CalendarsApi.Map(routes);
        TransferApi.Map(routes);
        SlotsApi.Map(routes);
        EventTypesApi.Map(routes);
        HoldsApi.Map(routes);
        BookingsApi.Map(routes);
        OffersApi.Map(routes);
        DraftsApi.Map(routes);
        LeadsApi.Map(routes);
        FollowUpsApi.Map(routes);
        DeliverySecretApi.Map(routes);
        FirstTouchApi.Map(routes);
        WebhooksApi.Map(routes);
        EndpointsApi.Map(routes);
        FleetApi.Map(routes);
        AgentApi.Map(routes);
        FunctionCallApi.Map(routes);
        VoiceLineApi.Map(routes);
        McpApi.Map(routes);
        AuditApi.Map(routes);
        routes.MapOpenApi("/openapi/v1.json");
        DashboardRoutes.Map(routes);
        // Each endpoint gets its line of the table; one that has none stays closed.
        ((IEndpointConventionBuilder)routes).Finally(endpoint =>
        {
            var method = endpoint.Metadata.OfType<HttpMethodMetadata>().LastOrDefault()?.HttpMethods[0] ?? "";
            if (RouteTable.Find(method, ((RouteEndpointBuilder)endpoint).RoutePattern.RawText ?? "") is { } access)
                endpoint.Metadata.Add(access);
        });
    }

    private static void AddHost(WebApplicationBuilder builder, ServerSettings settings, CompositionOverrides overrides)
    {
        builder.Configuration.AddEnvironmentVariables();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseUrls([.. settings.Urls]);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var limits = kestrel.Limits;
            limits.MaxRequestBodySize = MaximumBodyBytes;
            // Read ahead of whoever reads the body; ten thousand connections that send at once must fit into memory.
            limits.MaxRequestBufferSize = 64 * 1024;
            limits.MaxRequestHeadersTotalSize = 16 * 1024;
            limits.MaxRequestHeaderCount = 64;
            limits.MaxConcurrentConnections = 10_000;
            limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            limits.MinRequestBodyDataRate = new MinDataRate(240, TimeSpan.FromSeconds(5));
        });
        var logging = builder.Logging;
        logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.SetMinimumLevel(overrides.LogLevel ?? Microsoft.Extensions.Logging.LogLevel.Information);
        if (overrides.LogLevel is null)
            logging.AddFilter("Microsoft", Microsoft.Extensions.Logging.LogLevel.Warning);
        // Its scopes and activities would be made for every request; problems carry their trace id without.
        if (settings.OtlpEndpoint is null)
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", Microsoft.Extensions.Logging.LogLevel.None);
        else
            logging.AddOpenTelemetry(export => export.AddOtlpExporter());
        overrides.Logging?.Invoke(logging);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = Drain);
        if (!overrides.HandleSignals)
            builder.Services.AddSingleton<IHostLifetime, HostedLifetime>();
    }

    private static void AddCore(IServiceCollection services, ServerSettings settings, CompositionOverrides overrides)
    {
#pragma warning disable RS0030 // The composition root: the one place that names the system's clock.
        services.AddSingleton(overrides.Clock ?? TimeProvider.System);
#pragma warning restore RS0030
        services.AddSingleton(settings);
        services.AddSingleton(settings.Availability);
        services.AddSingleton(Random.Shared);

        services.AddSingleton(provider => new DatabaseStorage(settings.Storage, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Agencies);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Keys);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Workspaces);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Connections);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Snapshots);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Claims);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().ExternalClaims);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().HeldClaims);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Bookings);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Inbox);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().WebhookRegistrations);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().WebhookSources);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Leads);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Offers);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Deliveries);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().FollowUps);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().WorkspaceSecrets);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().VoiceLines);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().SignIns);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().InstallationKeys);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Seals);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Leases);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Runs);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Audit);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseStorage>().Changes);
        services.AddSingleton<StoragePreparation>(provider => provider.GetRequiredService<DatabaseStorage>().PrepareAsync);
        services.AddSingleton<DatabaseCheck>(provider => provider.GetRequiredService<DatabaseStorage>().CheckAsync);

        services.AddSingleton(settings.Providers);
        services.AddSingleton<ConnectionOpener>(provider => provider.GetRequiredService<ConnectionBook>().Find);
        services.AddSingleton<ProviderCatalogue>();
        services.AddSingleton(provider => overrides.CalendarProviders ?? provider.GetRequiredService<ProviderCatalogue>());
        services.AddSingleton<IBookingProviders>(provider => overrides.BookingProviders ?? provider.GetRequiredService<ProviderCatalogue>().Bookings);
        services.AddSingleton(provider => overrides.BookingProviders is { } replaced
            ? replaced as IProviderReservations ?? new NoReservations()
            : provider.GetRequiredService<ProviderCatalogue>().Bookings);
        services.AddSingleton<DeliverySender>(provider => overrides.DeliverySender ?? provider.GetRequiredService<ProviderCatalogue>().Deliveries.SendAsync);
        services.AddSingleton<ISequencer>(provider => provider.GetRequiredService<ProviderCatalogue>().EmailBison);
        services.AddSingleton(settings.Webhooks);
        services.AddSingleton<WebhookSignatures>();
        services.AddSingleton<WebhookCheck>(provider => provider.GetRequiredService<WebhookSignatures>().Verify);
        services.AddSingleton<WebhookReader>(WebhookEvents.Read);
        services.AddSingleton(provider =>
        {
            if (overrides.Webhooks is { } instead)
                return instead;
            var webhooks = provider.GetRequiredService<ProviderCatalogue>().Webhooks;
            return new WebhookRegistrar(ProviderWebhooks.HasCalls, webhooks.RegisterAsync, webhooks.CheckAsync, webhooks.RemoveAsync, webhooks.RemoveFormerAsync);
        });
        services.AddSingleton(provider =>
        {
            var catalogue = provider.GetRequiredService<ProviderCatalogue>();
            return new ProviderConnections(catalogue.Health, catalogue.Forget, overrides.Trials ?? catalogue.Trials.TryAsync);
        });

        services.AddSingleton<Catalog>();
        services.AddSingleton<CatalogSync>();
        services.AddSingleton<Invalidator>();
        services.AddSingleton<ResourceChanges>();
        services.AddSingleton<AvailabilityReader>();
        services.AddSingleton<RefreshMetrics>();
        services.AddSingleton<SnapshotWriter>();
        services.AddSingleton<Refresher>();
        services.AddSingleton<HoldReservations>();
        services.AddSingleton<HoldService>();
        services.AddSingleton<AnswerWriter>(BookingReplies.Write);
        services.AddSingleton<BookingService>();
        services.AddSingleton<Settler>();
        services.AddSingleton<OfferService>();
        services.AddSingleton<DraftService>();
        services.AddSingleton<OfferRecaller>();
        services.AddSingleton(settings.Agents);
        services.AddSingleton<ConversationSeal>();
        services.AddSingleton<Errands>();
        services.AddSingleton<TimeChecks>();
        services.AddSingleton(ToolAnswers.Form);
        services.AddSingleton<OwnBookings>();
        services.AddSingleton<AgentBookings>();
        services.AddSingleton<ContextOfTalk>();
        services.AddSingleton<DeliveryMetrics>();
        services.AddSingleton<Deliverer>();
        services.AddSingleton<FollowUpComposer>();
        services.AddSingleton<FollowUpSender>();
        services.AddSingleton<FollowUpMetrics>();
        services.AddSingleton<FollowUpRunner>();
        services.AddSingleton(provider =>
        {
            var runner = ActivatorUtilities.CreateInstance<SweepRunner>(provider);
            runner.Ended = provider.GetRequiredService<RunJournal>().SaveAsync;
            return runner;
        });
        services.AddSingleton<SweepSchedule>();
        services.AddSingleton<FirstTouchMemory>();
        services.AddSingleton<FirstTouchRunner>();
        services.AddSingleton<FirstTouchPreview>();
        services.AddSingleton<FirstTouchSchedule>();
    }

    private static void AddServer(IServiceCollection services, ServerSettings settings, CompositionOverrides overrides)
    {
        services.AddRouting();
        services.AddMetrics();
        services.ConfigureHttpJsonOptions(json => JsonForm.Apply(json.SerializerOptions));
        services.AddOpenApi("v1", OpenApiDescription.Configure);

        services.AddSingleton(_ => MasterKeys.FromSettings(settings.MasterKey, settings.PreviousMasterKey));
        services.AddSingleton<CredentialVault>();
        services.AddSingleton<SecretKeeper>();
        services.AddSingleton<KeyUse>();
        services.AddSingleton<ConnectionBook>();
        services.AddSingleton<BudgetHistory>();
        services.AddSingleton<IngressMetrics>();
        services.AddSingleton<RateLimits>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<Sessions>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<FirstAdminKey>(provider, overrides.Output ?? Console.Out));
        services.AddSingleton<WorkspaceFinder>();
        services.AddSingleton<WorkspaceEditor>();
        services.AddSingleton<CalendarView>();
        services.AddSingleton<Importer>();
        services.AddSingleton<AgentTools>();
        services.AddSingleton<FreshnessReload>();
        services.AddSingleton<RunTraces>();
        services.AddSingleton<RunJournal>();
        services.AddSingleton<ServerAddress>();
        services.AddSingleton<Telemetry>();
        services.AddSingleton<FleetGauges>();
        services.AddSingleton<PacedInvalidation>();
        services.AddSingleton<ConnectionEvents>();
        services.AddSingleton<WebhookWork>();
        services.AddSingleton<SeenEvents>();
        services.AddSingleton<WebhookTally>();
        services.AddSingleton<SourceWatch>();
        services.AddSingleton<WebhookHealth>();
        services.AddSingleton<StartState>();
        services.AddSingleton<Fate>();
        services.AddSingleton<LiveStreams>();
        services.AddSingleton<FleetView>();
        services.AddSingleton<ConnectionView>();
        services.AddSingleton<FleetHistory>();

        // In the order of starting; they stop in the opposite order, after the last request.
        services.AddHostedService<SnapshotWriting>();
        services.AddHostedService<ConnectionFollower>();
        services.AddHostedService<NodeStart>();
        services.AddHostedService<DueFetcher>();
        services.AddHostedService<Settling>();
        services.AddHostedService<Recalling>();
        services.AddHostedService<OfferForgetting>();
        services.AddHostedService<AuditPruning>();
        services.AddHostedService<SecretKeeping>();
        services.AddHostedService<KeyUseWriting>();
        services.AddHostedService<BudgetSampling>();
        services.AddHostedService<Delivering>();
        services.AddHostedService(provider => provider.GetRequiredService<PacedInvalidation>());
        services.AddHostedService(provider => provider.GetRequiredService<WebhookWork>());
        services.AddHostedService<ExternalClaimReview>();
        services.AddHostedService(provider => provider.GetRequiredService<SourceWatch>());
        services.AddHostedService<SilentSourceReads>();
        if (settings.WebhookRegistration)
            services.AddHostedService<WebhookKeeper>();
        if (settings.Scheduler)
        {
            services.AddHostedService<MinuteSchedule>();
            services.AddHostedService<FollowUpSchedule>();
            services.AddHostedService<FirstTouchRuns>();
        }
    }

    private static void Pipe(WebApplication app)
    {
        if (app.Services.GetRequiredService<ServerSettings>().Ingress.TrustedProxies is { Count: > 0 } proxies)
        {
            var named = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor };
            named.KnownProxies.Clear();
            named.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
                named.KnownIPNetworks.Add(proxy);
            app.UseForwardedHeaders(named);
        }
        app.UseMiddleware<DashboardBoundary>();
        app.UseMiddleware<ProblemBoundary>();
        app.UseWhen(
            context => context.Request.Path.StartsWithSegments("/docs", StringComparison.Ordinal),
            docs => docs.UseSwaggerUI(page =>
            {
                page.RoutePrefix = "docs";
                page.DocumentTitle = "Slotkeeper";
                page.SwaggerEndpoint("/openapi/v1.json", "Slotkeeper v1");
            }));
        app.UseRouting();
        app.UseMiddleware<LoadShedder>();
        app.UseMiddleware<Gatekeeper>();
        MapRoutes(app);
        // Both listen from their making on.
        app.Services.GetRequiredService<Telemetry>();
        app.Services.GetRequiredService<FleetGauges>();
    }

    /// <summary>Starts and stops when it is told to, and listens to no signal.</summary>
    private sealed class HostedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
