namespace Slotkeeper.Holds;

/// <summary>
/// The id of a hold, which carries the workspace it was made for: resources are shared between tenants, and of a hold that is gone
/// nothing else is left that says whose it was. An id with another workspace put in is an id that no claim has.
/// </summary>
public static class HoldId
{
    private const char Separator = '.';

    public static string New(string workspaceId) => Of(Ids.New(Ids.Hold), workspaceId);

    /// <param name="id">Prefix <c>hld_</c>, at least 122 bits that nobody can guess.</param>
    /// <param name="workspaceId">Whose.</param>
    public static string Of(string id, string workspaceId) => id + Separator + workspaceId;

    /// <returns>Null when it is no hold's id.</returns>
    public static string? WorkspaceOf(string id) =>
        id.StartsWith(Ids.Hold, StringComparison.Ordinal) && id.IndexOf(Separator, StringComparison.Ordinal) is > 0 and var at ? id[(at + 1)..] : null;
}
