using System.Globalization;
using System.Net;
using Slotkeeper.Agents;
using Slotkeeper.Calendars;
using Slotkeeper.Providers;
using Slotkeeper.Providers.Webhooks;
using Slotkeeper.Server.Ingress;
using Slotkeeper.Storage;

namespace Slotkeeper.Server;

/// <summary>The settings of the process, read once from the environment and checked before anything is started.</summary>
public sealed class ServerSettings
{
    public const string DefaultUrl = "http://127.0.0.1:5080";
    public const string DefaultDataFolder = "./data";

    public const int DefaultAuditDays = 400;
    public const int LeastAuditDays = 30;
    public const int MostAuditDays = 3650;

    /// <summary>Shorter admin keys are taken, with a warning.</summary>
    public const int ShortAdminKey = 16;

    /// <summary>Where the data lies. From <c>DATABASE_URL</c> and <c>SLOTKEEPER_DATA</c>.</summary>
    public required StorageSettings Storage { get; init; }

    /// <summary>Where to listen. <c>ASPNETCORE_URLS</c>, separated by semicolons.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [DefaultUrl];

    /// <summary>Where the outside reaches the server, for webhook addresses. <c>SLOTKEEPER_PUBLIC_URL</c>; null for where it listens.</summary>
    public string? PublicUrl { get; init; }

    /// <summary><c>CRON_SECRET</c>; null leaves the cron routes closed.</summary>
    public string? CronSecret { get; init; }

    /// <summary><c>CRON_SECRET_PREVIOUS</c>, which opens the cron routes too while callers change over; null when there is none.</summary>
    public string? PreviousCronSecret { get; init; }

    /// <summary><c>SLOTKEEPER_ADMIN_KEY</c>; null has the first start make one.</summary>
    public string? AdminKey { get; init; }

    /// <summary><c>SLOTKEEPER_ADMIN_KEY_PREVIOUS</c>, which counts too while its users change over; null when there is none.</summary>
    public string? PreviousAdminKey { get; init; }

    /// <summary><c>SLOTKEEPER_MASTER_KEY</c>, checked for its form; null when no credentials can be stored.</summary>
    public string? MasterKey { get; init; }

    /// <summary><c>SLOTKEEPER_MASTER_KEY_PREVIOUS</c>: opens what the master key before the present one sealed, or the one after it will seal. Null when there is none.</summary>
    public string? PreviousMasterKey { get; init; }

    public AvailabilityOptions Availability { get; init; } = new();

    /// <summary>Whether the built-in minute schedule runs. <c>AVAILABILITY_SCHEDULER</c>, on or off.</summary>
    public bool Scheduler { get; init; } = true;

    /// <summary><c>Providers__X__BaseUrl</c>, <c>Providers__X__PublicBaseUrl</c>, <c>Egress__AllowPrivateAddresses</c>.</summary>
    public ProviderOptions Providers { get; init; } = new();

    /// <summary>How incoming webhooks are checked; <c>Webhooks__HighLevelPublicKey</c>.</summary>
    public WebhookSettings Webhooks { get; init; } = new();

    /// <summary>Whether webhooks are registered at the providers that have calls for it. <c>WEBHOOK_REGISTRATION</c>, on or off.</summary>
    public bool WebhookRegistration { get; init; } = true;

    /// <summary>How agents are answered. <c>AGENT_BUDGET_MS</c>.</summary>
    public AgentOptions Agents { get; init; } = new();

    /// <summary>How long audit records are kept. <c>AUDIT_RETENTION_DAYS</c>.</summary>
    public TimeSpan AuditKept { get; init; } = TimeSpan.FromDays(DefaultAuditDays);

    /// <summary>How much callers may ask: <c>INGRESS_..</c>.</summary>
    public IngressOptions Ingress { get; init; } = new();

    /// <summary>Where metrics, traces and logs are sent. <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; null sends none.</summary>
    public Uri? OtlpEndpoint { get; init; }

    internal bool AllowPrivateAddresses => Providers.AllowPrivateAddresses;

    /// <summary>Reads the settings of this process from its environment.</summary>
    /// <exception cref="SettingsException">Some are wrong; the message names each with its value and what is allowed.</exception>
    public static ServerSettings FromEnvironment() => Read(new ConfigurationBuilder().AddEnvironmentVariables().Build());

    /// <summary>Reads settings; names are as in the environment, with <c>:</c> where that has <c>__</c>.</summary>
    /// <exception cref="SettingsException">Some are wrong; the message names each with its value and what is allowed.</exception>
    public static ServerSettings Read(IConfiguration configuration)
    {
        var reader = new SettingReader(configuration);
        var limit = reader.Whole("AVAILABILITY_CRON_LIMIT", 0, AvailabilityOptions.MaximumLimit);
        var alias = reader.Whole("AVAILABILITY_CRON_WORKSPACE_LIMIT", 0, AvailabilityOptions.MaximumLimit);
        if (limit is { } one && alias is { } other && one != other)
            reader.Fault($"AVAILABILITY_CRON_LIMIT is \"{one}\" and its alias AVAILABILITY_CRON_WORKSPACE_LIMIT is \"{other}\"; set one of them, or both alike.");
        var availability = new AvailabilityOptions
        {
            CacheTtl = reader.Milliseconds("AVAILABILITY_CACHE_TTL_MS", AvailabilityOptions.DefaultCacheTtlMs, AvailabilityOptions.MinimumCacheTtlMs, AvailabilityOptions.MaximumCacheTtlMs),
            TimeBudget = reader.Milliseconds("AVAILABILITY_CRON_TIME_BUDGET_MS", AvailabilityOptions.DefaultTimeBudgetMs, AvailabilityOptions.MinimumTimeBudgetMs, AvailabilityOptions.MaximumTimeBudgetMs),
            Concurrency = reader.Whole("AVAILABILITY_CRON_CONCURRENCY", 1, AvailabilityOptions.MaximumConcurrency),
            Limit = limit ?? alias,
            BookingVerifyAge = TimeSpan.FromSeconds(reader.Whole("BOOKING_VERIFY_AGE_SECONDS", 0, AvailabilityOptions.MaximumBookingVerifyAgeSeconds) ?? AvailabilityOptions.DefaultBookingVerifyAgeSeconds),
        };
        var providers = new ProviderOptions { AllowPrivateAddresses = reader.Flag("Egress:AllowPrivateAddresses", "true", "false", false) };
        reader.Addresses("Calendly", providers.Calendly);
        reader.Addresses("HubSpot", providers.HubSpot);
        reader.Addresses("HighLevel", providers.HighLevel);
        reader.Addresses("CalCom", providers.CalCom);
        reader.Addresses("EmailBison", providers.EmailBison);
        providers.EmailBisonCallsPerSecond = reader.Whole("Providers:EmailBison:CallsPerSecond", 1, 1000) ?? providers.EmailBisonCallsPerSecond;
        var webhooks = new WebhookSettings();
        webhooks.HighLevelPublicKey = reader.Secret("Webhooks:HighLevelPublicKey") ?? webhooks.HighLevelPublicKey;
        var (masterKey, previousMasterKey) = reader.Pair("SLOTKEEPER_MASTER_KEY");
        reader.CheckMasterKey("SLOTKEEPER_MASTER_KEY", masterKey);
        reader.CheckMasterKey("SLOTKEEPER_MASTER_KEY_PREVIOUS", previousMasterKey);
        var (cronSecret, previousCronSecret) = reader.Pair("CRON_SECRET");
        var (adminKey, previousAdminKey) = reader.Pair("SLOTKEEPER_ADMIN_KEY");
        var settings = new ServerSettings
        {
            Storage = reader.Storage(),
            Urls = reader.Urls(),
            PublicUrl = reader.Url("SLOTKEEPER_PUBLIC_URL"),
            CronSecret = cronSecret,
            PreviousCronSecret = previousCronSecret,
            AdminKey = adminKey,
            PreviousAdminKey = previousAdminKey,
            MasterKey = masterKey,
            PreviousMasterKey = previousMasterKey,
            Availability = availability,
            Scheduler = reader.Flag("AVAILABILITY_SCHEDULER", "on", "off", true),
            Providers = providers,
            Webhooks = webhooks,
            WebhookRegistration = reader.Flag("WEBHOOK_REGISTRATION", "on", "off", true),
            Agents = new AgentOptions { Budget = reader.Milliseconds("AGENT_BUDGET_MS", AgentOptions.DefaultBudgetMs, AgentOptions.MinimumBudgetMs, AgentOptions.MaximumBudgetMs) },
            AuditKept = TimeSpan.FromDays(reader.Whole("AUDIT_RETENTION_DAYS", LeastAuditDays, MostAuditDays) ?? DefaultAuditDays),
            Ingress = reader.Ingress(),
            OtlpEndpoint = reader.Url("OTEL_EXPORTER_OTLP_ENDPOINT") is { } otlp ? new Uri(otlp) : null,
        };
        reader.ThrowIfFaulty();
        return settings;
    }

    /// <summary>Reads one setting after the other and gathers what is wrong with them. Shows no value that may be secret.</summary>
    private sealed class SettingReader(IConfiguration configuration)
    {
        private readonly List<string> faults = [];

        public void Fault(string text) => faults.Add(text);

        public void ThrowIfFaulty()
        {
            if (faults.Count > 0)
                throw new SettingsException(string.Join(Environment.NewLine, faults));
        }

        public string? Secret(string name) => configuration[name] is { Length: > 0 } value ? value : null;

        /// <summary>A secret and the one before it, which counts too while the two are exchanged.</summary>
        public (string? Present, string? Previous) Pair(string name)
        {
            var (present, previous) = (Secret(name), Secret(name + "_PREVIOUS"));
            if (previous is not null && present is null)
                Fault($"{name}_PREVIOUS is set and {name} is not; set {name} to the new value, or take {name}_PREVIOUS away.");
            else if (previous is not null && previous == present)
                Fault($"{name}_PREVIOUS is the same as {name}; set {name} to the new value, or take {name}_PREVIOUS away.");
            return (present, previous);
        }

        public int? Whole(string name, int least, int most)
        {
            if (Text(name) is not { } text)
                return null;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
                return value;
            faults.Add($"{name} is \"{text}\"; it must be a whole number from {least} to {most}.");
            return null;
        }

        public TimeSpan Days(string name, int least, int most, TimeSpan usual) => Whole(name, least, most) is { } days ? TimeSpan.FromDays(days) : usual;

        public TimeSpan Milliseconds(string name, int usual, int least, int most) => TimeSpan.FromMilliseconds(Whole(name, least, most) ?? usual);

        public bool Flag(string name, string yes, string no, bool usual)
        {
            if (Text(name) is not { } text)
                return usual;
            if (text.Equals(yes, StringComparison.OrdinalIgnoreCase))
                return true;
            if (!text.Equals(no, StringComparison.OrdinalIgnoreCase))
                faults.Add($"{Shown(name)} is \"{text}\"; it must be {yes} or {no}.");
            return false;
        }

        public string? Url(string name)
        {
            if (Text(name) is not { } text)
                return null;
            if (IsAddress(text))
                return text;
            faults.Add($"{Shown(name)} is \"{text}\"; it must be an absolute http or https address without user, query and fragment.");
            return null;
        }

        public IReadOnlyList<string> Urls()
        {
            if (Text("ASPNETCORE_URLS") is not { } text)
                return [DefaultUrl];
            var urls = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            foreach (var url in urls)
            {
                // http://*:80 and http://+:80 are for Kestrel, and no addresses to Uri.
                if (!IsAddress(url.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal)))
                    faults.Add($"ASPNETCORE_URLS is \"{text}\"; each part must be an address such as {DefaultUrl}.");
            }
            return urls.Length == 0 ? [DefaultUrl] : urls;
        }

        public void Addresses(string provider, ProviderAddresses addresses)
        {
            addresses.BaseUrl = Url($"Providers:{provider}:BaseUrl") ?? addresses.BaseUrl;
            addresses.PublicBaseUrl = Url($"Providers:{provider}:PublicBaseUrl") ?? addresses.PublicBaseUrl;
        }

        public IngressOptions Ingress()
        {
            var usual = new IngressOptions();
            return new IngressOptions
            {
                KeyRate = Rate("INGRESS_KEY_RATE", usual.KeyRate),
                KeyBurst = Rate("INGRESS_KEY_BURST", usual.KeyBurst),
                AgencyRate = Rate("INGRESS_AGENCY_RATE", usual.AgencyRate),
                AgencyBurst = Rate("INGRESS_AGENCY_BURST", usual.AgencyBurst),
                AddressRate = Rate("INGRESS_ADDRESS_RATE", usual.AddressRate),
                AddressBurst = Rate("INGRESS_ADDRESS_BURST", usual.AddressBurst),
                Concurrency = Places("INGRESS_CONCURRENCY", IngressOptions.LeastConcurrency) ?? usual.Concurrency,
                DatabaseConcurrency = Places("INGRESS_DATABASE_CONCURRENCY", IngressOptions.LeastConcurrency) ?? usual.DatabaseConcurrency,
                CostlyConcurrency = Places("INGRESS_COSTLY_CONCURRENCY", IngressOptions.LeastConcurrency) ?? usual.CostlyConcurrency,
                Queue = Places("INGRESS_QUEUE", 0) ?? usual.Queue,
                TrustedProxies = Networks("INGRESS_TRUSTED_PROXIES"),
            };

            int Rate(string name, int otherwise) => Whole(name, 1, IngressOptions.MaximumRate) ?? otherwise;

            int? Places(string name, int least) => Whole(name, least, IngressOptions.MaximumConcurrency);
        }

        private List<IPNetwork> Networks(string name)
        {
            var networks = new List<IPNetwork>();
            foreach (var part in (Text(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (IPNetwork.TryParse(part, out var network))
                    networks.Add(network);
                else if (IPAddress.TryParse(part, out var address))
                    networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
                else
                    faults.Add($"{name} is \"{Text(name)}\"; each part must be an address or a network such as 10.0.0.0/8.");
            }
            return networks;
        }

        public StorageSettings Storage()
        {
            var folder = Text("SLOTKEEPER_DATA") ?? DefaultDataFolder;
            try
            {
                var settings = StorageSettings.Parse(Text("DATABASE_URL"), folder);
                return settings with
                {
                    OffersKept = Days("RETENTION_OFFERS_DAYS", 1, 3650, settings.OffersKept),
                    RunsKept = Days("RETENTION_RUNS_DAYS", 1, 365, settings.RunsKept),
                    InboxKept = Days("RETENTION_INBOX_DAYS", 8, 90, settings.InboxKept),
                };
            }
            catch (StorageSetupException fault)
            {
                faults.Add($"DATABASE_URL: {fault.Message}");
            }
            catch (Exception fault) when (fault is ArgumentException or NotSupportedException or PathTooLongException)
            {
                faults.Add($"SLOTKEEPER_DATA is \"{folder}\"; it must be a folder: {fault.Message}");
            }
            return StorageSettings.Parse(null, DefaultDataFolder);
        }

        public void CheckMasterKey(string name, string? masterKey)
        {
            try
            {
                MasterKeys.FromSettings(masterKey).Dispose();
            }
            catch (FormatException fault)
            {
                faults.Add($"{name} cannot be used. {fault.Message}");
            }
        }

        private string? Text(string name) => configuration[name]?.Trim() is { Length: > 0 } value ? value : null;

        private static string Shown(string name) => name.Replace(":", "__", StringComparison.Ordinal);

        private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
    }
}

/// <summary>Settings with which the server cannot start. The message names each, its value and what is allowed.</summary>
public sealed class SettingsException(string message) : Exception(message);
