using System.Text.Json;
using Slotkeeper.Agents;
using Slotkeeper.Server.Api;

namespace Slotkeeper.Server.Agents;

/// <summary>What a tool may change.</summary>
internal enum ToolEffect
{
    Reads,
    Holds,
    Books,
    Cancels,
}

/// <summary>
/// One thing an agent can do, defined once: as a route, as a tool over MCP and as a function of a voice vendor it has the same fields, the same authorization and the
/// same answers.
/// </summary>
/// <param name="Name">As models call it, snake_case.</param>
/// <param name="Title">A line for people.</param>
/// <param name="Description">What a model has to know to choose and use it.</param>
/// <param name="Effect">What it may change.</param>
/// <param name="Takes">Type of the arguments; see <see cref="ToolSchemas"/>.</param>
/// <param name="Answers">Type of the answer.</param>
/// <param name="RunAsync">Runs it.</param>
internal sealed record AgentTool(string Name, string Title, string Description, ToolEffect Effect, Type Takes, Type Answers, Func<ToolCall, CancellationToken, Task<IToolReply>> RunAsync)
{
    /// <summary>As in the path of the route.</summary>
    public string RouteName => Name.Replace('_', '-');

    public JsonElement InputSchema { get; } = ToolSchemas.Of(Takes);

    public JsonElement OutputSchema { get; } = ToolSchemas.Of(Answers);
}

/// <summary>A call of a tool, whatever door it came through.</summary>
/// <param name="Conversation">Who asks about which workspace.</param>
/// <param name="Fields">The arguments; what is common to all tools was read already.</param>
/// <param name="Key">The caller's own key for its intention; null where it sent none.</param>
internal sealed record ToolCall(Conversation Conversation, Fields Fields, CallerKey? Key);

/// <summary>The arguments are wrong: nothing was done.</summary>
internal sealed class ToolRefusedException(Refusal refusal) : Exception(refusal.Detail)
{
    public Refusal Refusal => refusal;
}
