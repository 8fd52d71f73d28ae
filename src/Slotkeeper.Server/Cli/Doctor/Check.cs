namespace Slotkeeper.Server.Cli.Doctor;

/// <summary>How one check came out.</summary>
internal enum CheckResult
{
    Ok,

    /// <summary>Worth knowing; nothing is wrong.</summary>
    Note,

    /// <summary>Something has to be done.</summary>
    Wrong,
}

/// <summary>One check of the doctor.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Result">How it came out.</param>
/// <param name="Finding">What was seen. No secrets.</param>
/// <param name="Todo">What to do; null when nothing is to be done.</param>
internal sealed record Check(string Name, CheckResult Result, string Finding, string? Todo = null)
{
    public static Check Ok(string name, string finding) => new(name, CheckResult.Ok, finding);

    public static Check Note(string name, string finding, string? todo = null) => new(name, CheckResult.Note, finding, todo);

    public static Check Wrong(string name, string finding, string todo) => new(name, CheckResult.Wrong, finding, todo);
}
