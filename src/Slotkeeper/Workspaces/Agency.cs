namespace Slotkeeper.Workspaces;

/// <summary>The tenant: unit of isolation, of fairness and of API keys.</summary>
/// <param name="Id">Prefix <c>agy_</c>.</param>
/// <param name="Name">1 to 200 characters.</param>
/// <param name="Weight">Calendars an agency gets per round of the sweep, 1 to 100.</param>
/// <param name="CreatedAt">UTC.</param>
public sealed record Agency(string Id, string Name, int Weight, DateTimeOffset CreatedAt)
{
    public const int DefaultWeight = 1;
    public const int MaximumWeight = 100;
}

/// <summary>What a delete of an agency came to.</summary>
public enum AgencyDeletion
{
    Deleted,
    NotFound,

    /// <summary>Workspaces or connections still belong to it.</summary>
    NotEmpty,
}

/// <summary>Agencies as stored.</summary>
public interface IAgencyStore
{
    Task CreateAsync(Agency agency, CancellationToken cancellationToken);

    Task<Agency?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>All agencies in the order of their ids.</summary>
    Task<IReadOnlyList<Agency>> ListAsync(string? afterId, int limit, CancellationToken cancellationToken);

    /// <returns>False when there is no such agency.</returns>
    Task<bool> UpdateAsync(Agency agency, CancellationToken cancellationToken);

    /// <summary>Deletes the agency and its keys, if nothing else belongs to it.</summary>
    Task<AgencyDeletion> DeleteAsync(string id, CancellationToken cancellationToken);
}
