using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Tenancy;

/// <summary>Which agency something is created in.</summary>
internal static class AgencyChoice
{
    /// <summary>
    /// The field <c>agencyId</c>. With an agency's key it may be absent; whether it is the caller's is not judged here, so that a
    /// foreign one is answered like a missing one.
    /// </summary>
    public static string Read(Fields fields, Caller caller) =>
        caller.AgencyId is { } own && !fields.HasValue("agencyId") ? own : fields.Text("agencyId", 1, 200);
}
