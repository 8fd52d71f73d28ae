using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Slotkeeper.Calendars;

namespace Slotkeeper.Server;

/// <summary>Where the outside reaches this server: <c>SLOTKEEPER_PUBLIC_URL</c>, or else where it listens.</summary>
internal sealed class ServerAddress(ServerSettings settings, IServer server)
{
    public string Base => (settings.PublicUrl
        ?? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
        ?? settings.Urls[0]).TrimEnd('/');

    public string WebhookUrl(Connection connection) => $"{Base}/api/webhooks/{connection.Provider.ToName()}/{connection.Id}";
}
