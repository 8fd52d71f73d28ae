using System.Text.Json;
using Slotkeeper.Agents;
using Slotkeeper.Audit;
using Slotkeeper.Calendars;
using Slotkeeper.Hearing;
using Slotkeeper.Server.Api;
using Slotkeeper.Server.Tenancy;
using Slotkeeper.Snapshots;
using Slotkeeper.Speaking;
using Slotkeeper.Workspaces;

namespace Slotkeeper.Server.Agents;

/// <summary>
/// The tools for a voice vendor that calls functions with an envelope of its own and drops the caller on any status but 200. Who it is for comes from the key or from the
/// signature over the raw body, which call it is from the envelope, and the number it comes from counts as verified because the vendor has it from the telephone network.
/// </summary>
internal static class FunctionCallApi
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/agent/{id}/function-call", CallAsync).Takes<FunctionCallBody>().Note(
            "A voice vendor's function call",
            $"Takes {{name, args, call}} with the tools' names and arguments. Signed by the vendor in {VoiceSignature.Header} with the secret of the workspace's voice line, or with a key. Whatever the tool says is 200 with success, data and message; a call without its id is refused, and so is one that was dialled to another number.",
            refusals: [(401, "invalid_signature")])
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(FunctionCallReply), ["application/json"]));

    private static async Task<IResult> CallAsync(
        string id, HttpContext context, AgentTools tools, WorkspaceFinder workspaces, IVoiceLineStore lines, CredentialVault vault, Catalog catalog, TimeProvider clock,
        ILogger<AgentTools> logger, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, cancellationToken);
        var body = buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
        var caller = context.Features.Get<Caller>();
        Workspace? workspace;
        VoiceLine? line = null;
        if (caller is not null)
        {
            workspace = await workspaces.FindAsync(id, caller, cancellationToken);
            if (workspace is null)
                return Refusal.NotFound("workspace");
        }
        else
        {
            // A missing workspace, one without a line and a wrong signature look alike.
            line = await lines.FindAsync(id, cancellationToken);
            if (line is null || !catalog.TryWorkspace(id, out workspace)
                || await vault.OpenAsync(workspace.AgencyId, line.WorkspaceId, VoiceLine.SecretField, line.SealedSecret, cancellationToken) is not { } secret
                || !VoiceSignature.IsGood(context.Request.Headers[VoiceSignature.Header] is [{ } header] ? header : null, body.Span, secret, clock.GetUtcNow()))
                return Refused(logger);
            caller = new Caller(Role.Agent, workspace.AgencyId, workspace.Id, null);
            ActingAgency.Id = workspace.AgencyId;
            Actor.Current = ActorOf.VoiceLine(workspace.Id, workspace.AgencyId, context);
        }

        ActingAgency.Id = caller.AgencyId;
        var faults = new Faults();
        var envelope = Fields.Parse(body, faults);
        var name = envelope.OptionalText("name", 1, 100);
        var call = envelope.Part("call");
        var callId = call.OptionalText("call_id", 1, AgentTools.LongestConversationId);
        var from = call.OptionalText("from_number", 0, 40);
        var to = call.OptionalText("to_number", 0, 40);
        var arguments = envelope.Part("args");
        // The vendor's own: what its model says while it waits.
        arguments.Has("execution_message");
        if (faults.Refusal is { } malformed)
            return Answer(workspace, malformed, clock);
        if (callId is null || IsPlaceholder(callId))
            return Answer(workspace, Refusal.Invalid("call.call_id", "is required; the vendor sets it, and nothing stands in for it"), clock);
        if (line is { PhoneNumbers.Count: > 0 } && !line.PhoneNumbers.Any(number => PhoneNumbers.AreSame(number, to)))
            return Answer(workspace, Refusal.Invalid("call.to_number", "is none of the numbers of this workspace's voice line"), clock);
        if (name is null || tools.Find(name) is not { } tool)
            return Answer(workspace, Refusal.Invalid("name", $"must be one of {string.Join(", ", tools.All.Select(known => known.Name))}"), clock);
        try
        {
            var reply = await tools.CallAsync(tool, caller, workspace, arguments, new ToolDoor(callId, from, IsModel: true, null), cancellationToken);
            return TypedResults.Json(new FunctionCallReply(true, reply, reply.Message, null), JsonForm.Options);
        }
        catch (ToolRefusedException refused)
        {
            return Answer(workspace, refused.Refusal, clock);
        }
        catch (StorageUnavailableException)
        {
            return Answer(workspace, Refusal.StorageAway(), clock, new Spoken.CannotSay());
        }
    }

    /// <summary>What a vendor's model makes up where it knows no call.</summary>
    private static bool IsPlaceholder(string callId) =>
        callId.Trim() is "" or "None" or "none" or "null" or "undefined" or "current" or "dummy_call_id" || callId.Contains("{{", StringComparison.Ordinal);

    private static IResult Answer(Workspace workspace, Refusal refusal, TimeProvider clock, Spoken? spoken = null) => TypedResults.Json(
        new FunctionCallReply(
            false,
            null,
            Speech.Say(spoken ?? new Spoken.WrongRequest(), new SpeechContext(clock.GetUtcNow(), workspace.TimeZone, workspace.Locale)),
            new FunctionCallError(refusal.Code, refusal.Detail)),
        JsonForm.Options);

    private static Refusal Refused(ILogger logger)
    {
        Operation.ServerLog.FunctionCallRefused(logger);
        return new Refusal(StatusCodes.Status401Unauthorized, "invalid_signature", $"The signature is none of the voice line's vendor over this body, or older than {VoiceSignature.Counts.TotalMinutes:0} minutes.");
    }
}

/// <param name="Name">Of the tool.</param>
/// <param name="Args">Its arguments, without conversationId: that is the call's.</param>
/// <param name="Call">The call.</param>
internal sealed record FunctionCallBody(string Name, JsonElement Args, CallBody Call);

#pragma warning disable SA1300, IDE1006 // The vendor's own names.
/// <param name="call_id">The vendor's id of the call; the conversation.</param>
/// <param name="from_number">Whose number it is.</param>
/// <param name="to_number">Which was dialled.</param>
internal sealed record CallBody(string call_id, string? from_number, string? to_number);
#pragma warning restore SA1300, IDE1006

/// <param name="Success">Whether the tool was run; taken times are a success.</param>
/// <param name="Data">What the tool answers.</param>
/// <param name="Message">To be spoken as it is.</param>
/// <param name="Error">What is wrong with the call, for whoever set it up.</param>
internal sealed record FunctionCallReply(bool Success, object? Data, string Message, FunctionCallError? Error);

internal sealed record FunctionCallError(string Code, string Detail);
