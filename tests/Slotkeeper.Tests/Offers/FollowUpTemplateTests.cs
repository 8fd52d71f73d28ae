using Slotkeeper.Offers;

namespace Slotkeeper.Tests.Offers;

// Cases: the worked examples; whether times are needed; hostile templates.
public class FollowUpTemplateTests
{
    public static TheoryData<string, string> Examples => WorkedExamples.Of("followUps");

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_template_is_rendered_whole_or_blocked_with_the_reason(string name, string text)
    {
        var example = WorkedExamples.Read(text);
        var variables = example.TryGetProperty("variables", out var given) ? given.EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetString()) : [];
        var rendering = FollowUpTemplate.Render(example.Text("template")!, new FollowUpValues(example.Texts("labels"), example.Text("link"), variables, example.Text("locale")));
        if (example.Text("reason") is { } reason)
        {
            rendering.ShouldBeOfType<FollowUpRendering.Blocked>(name).Reason.ShouldBe(reason);
            return;
        }
        var rendered = rendering.ShouldBeOfType<FollowUpRendering.Rendered>(name);
        rendered.Text.ShouldBe(example.Text("text"));
        rendered.NamedLabels.ShouldBe(example.GetProperty("named").EnumerateArray().Select(place => place.GetInt32()));
    }

    [Theory]
    [InlineData("Hi {firstName}", false)]
    [InlineData("{link} availability", false)]
    [InlineData("Hi {availability}", true)]
    [InlineData("{x day x time}", true)]
    public void Times_are_needed_only_where_a_token_names_them(string template, bool needed) => FollowUpTemplate.NamesTimes(template).ShouldBe(needed);

    [Fact]
    public void A_template_of_braces_is_text()
    {
        var template = new string('{', 50_000) + new string('}', 50_000);
        FollowUpTemplate.Render(template, new FollowUpValues([], null, new Dictionary<string, string?>())).ShouldBeOfType<FollowUpRendering.Rendered>().Text.ShouldBe(template);
    }
}
