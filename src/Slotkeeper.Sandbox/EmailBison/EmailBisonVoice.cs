using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using NodaTime;
using Slotkeeper.Sandbox.Http;

namespace Slotkeeper.Sandbox.EmailBison;

/// <summary>EmailBison's calls: campaigns, their leads by page, a lead, its mails, its variables.</summary>
internal sealed class EmailBisonVoice(EmailBisonDesk desk) : IErrorVoice
{
    private const string Local = "yyyy-MM-dd HH:mm:ss";

    /// <summary>Takes the request if its path belongs to EmailBison.</summary>
    public bool TryRoute(Exchange exchange, out EmailBisonCall call)
    {
        var method = exchange.Http.Request.Method;
        (EmailBisonCall Call, Action<Exchange> Handler)? found = exchange.Path.Trim('/').Split('/') switch
        {
            ["api", "campaigns"] when HttpMethods.IsGet(method) => (EmailBisonCall.Campaigns, For(account => Campaigns(exchange, account))),
            ["api", "campaigns", var id, "leads"] when HttpMethods.IsGet(method) => (EmailBisonCall.CampaignLeads, For(account => CampaignLeads(exchange, account, id))),
            ["api", "leads", var id] when HttpMethods.IsGet(method) => (EmailBisonCall.Lead, ForLead(id, (account, lead) => One(exchange, lead))),
            ["api", "leads", var id] when HttpMethods.IsPatch(method) => (EmailBisonCall.PatchLead, ForLead(id, (account, lead) => Patch(exchange, account, lead))),
            ["api", "leads", var id, "scheduled-emails"] when HttpMethods.IsGet(method) => (EmailBisonCall.ScheduledMails, ForLead(id, (account, lead) => Mails(exchange, account, lead))),
            ["api", "custom-variables"] when HttpMethods.IsPost(method) => (EmailBisonCall.CustomVariables, For(account => AddVariable(exchange, account))),
            _ => null,
        };
        call = found?.Call ?? default;
        exchange.Handler = found?.Handler;
        return found is not null;

        Action<Exchange> For(Action<EmailBisonAccount> answer) => taken =>
        {
            if (desk.Find(taken.BearerToken()) is not { } account)
                WriteError(taken, 401, "Unauthenticated.");
            else if (account.IsOver(desk.Conduct.RequestsPerSecond, taken.Now))
                TooMany(taken);
            else
                answer(account);
        };

        Action<Exchange> ForLead(string id, Action<EmailBisonAccount, SandboxLead> answer) => For(account =>
        {
            if (int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && account.Lead(number) is { } lead)
                answer(account, lead);
            else
                WriteError(exchange, 404, $"No query results for model [Lead] {id}");
        });
    }

    public void WriteError(Exchange exchange, int status, string detail) => exchange.Json(status, json =>
    {
        json.WriteStartObject();
        json.WriteString("message"u8, detail);
        json.WriteEndObject();
    });

    public ReadOnlySpan<byte> WrongTypes(Exchange exchange) => """{"data":{"id":"seven"},"meta":[1],"links":7}"""u8;

    private void TooMany(Exchange exchange)
    {
        WriteError(exchange, 429, "Too Many Attempts.");
        exchange.Header("Retry-After", "1");
    }

    private void Campaigns(Exchange exchange, EmailBisonAccount account)
    {
        var all = account.Campaigns;
        var (page, size) = (Page(exchange), desk.Conduct.PageSize);
        exchange.Json(200, json => Paged(json, ListForm.Data, "/api/campaigns", page, size, all.Count, () =>
        {
            foreach (var (id, name) in all.Skip((page - 1) * size).Take(size))
            {
                json.WriteStartObject();
                json.WriteNumber("id"u8, id);
                json.WriteString("name"u8, name);
                json.WriteString("status"u8, "active"u8);
                json.WriteString("updated_at"u8, Utc(DateTimeOffset.UnixEpoch.AddDays(id)));
                json.WriteEndObject();
            }
        }));
    }

    private void CampaignLeads(Exchange exchange, EmailBisonAccount account, string id)
    {
        var (page, conduct) = (Page(exchange), desk.Conduct);
        if (!int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var campaign) || account.LeadsOf(campaign, page, conduct.PageSize) is not { } found)
        {
            WriteError(exchange, 404, $"No query results for model [Campaign] {id}");
            return;
        }
        exchange.Json(200, json => Paged(json, conduct.Leads, $"/api/campaigns/{id}/leads", page, conduct.PageSize, found.Total, () =>
        {
            foreach (var lead in found.Page)
                Write(json, lead);
        }));
    }

    private static void One(Exchange exchange, SandboxLead lead) => exchange.Json(200, json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("data"u8);
        Write(json, lead);
        json.WriteEndObject();
    });

    private void Mails(Exchange exchange, EmailBisonAccount account, SandboxLead lead)
    {
        var dates = desk.Conduct.Dates;
        var zone = DateTimeZoneProviders.Tzdb[account.TimeZone];
        exchange.Json(200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data"u8);
            foreach (var (index, mail) in lead.Mails.Index())
            {
                var local = Instant.FromDateTimeOffset(mail.At).InZone(zone).ToDateTimeUnspecified().ToString(Local, CultureInfo.InvariantCulture);
                json.WriteStartObject();
                json.WriteNumber("id"u8, (lead.Id * 10L) + index);
                json.WriteNumber("sequence_step_id"u8, index + 1);
                json.WriteNumber("campaign_id"u8, mail.CampaignId);
                json.WriteString("status"u8, mail.Status);
                json.WriteString("scheduled_date"u8, dates == DateForm.Scheduled ? Utc(mail.At) : null);
                json.WriteString("scheduled_date_local"u8, dates == DateForm.SentAt ? null : local);
                json.WriteString("sent_at"u8, dates == DateForm.SentAt || mail.Status == "sent" ? Utc(mail.At) : null);
                json.WriteString("email_subject"u8, "Hello"u8);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private void Patch(Exchange exchange, EmailBisonAccount account, SandboxLead lead)
    {
        if (desk.IsUnwritable(lead.Id))
        {
            WriteError(exchange, 500, "Server Error");
            return;
        }
        var sent = new List<SandboxVariable>();
        if (exchange.Member("custom_variables") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var one in list.EnumerateArray())
            {
                if (Exchange.Text(one, "name") is not { Length: > 0 } name || Exchange.Text(one, "value") is not { } value)
                {
                    WriteError(exchange, 422, "The custom_variables.name and custom_variables.value fields are required.");
                    return;
                }
                sent.Add(new SandboxVariable(name, value));
            }
        }
        if (sent.Count > 0 && account.Write(lead.Id, sent, desk.Conduct.MergesVariables, DateTimeOffset.FromUnixTimeMilliseconds(exchange.Now)) is { } unknown)
            WriteError(exchange, 422, $"The custom variable {unknown} does not exist in this workspace.");
        else
        {
            desk.Wrote?.Invoke(new SandboxVariableWrite(lead.Id, DateTimeOffset.FromUnixTimeMilliseconds(exchange.Now), sent));
            One(exchange, account.Lead(lead.Id)!);
        }
    }

    private void AddVariable(Exchange exchange, EmailBisonAccount account)
    {
        if (exchange.Text("name") is not { Length: > 0 } name)
            WriteError(exchange, 422, "The name field is required.");
        else if (!account.AddVariable(name))
            WriteError(exchange, 422, "The name has already been taken.");
        else
        {
            exchange.Json(201, json =>
            {
                json.WriteStartObject();
                json.WriteStartObject("data"u8);
                json.WriteNumber("id"u8, account.VariableCount);
                json.WriteString("name"u8, name);
                json.WriteEndObject();
                json.WriteEndObject();
            });
        }
    }

    private static void Write(Utf8JsonWriter json, SandboxLead lead)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, lead.Id);
        json.WriteString("first_name"u8, lead.Name);
        json.WriteString("email"u8, lead.Email);
        json.WriteString("status"u8, "verified"u8);
        json.WriteStartArray("custom_variables"u8);
        foreach (var variable in lead.Variables)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, variable.Name);
            json.WriteString("value"u8, variable.Value);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("lead_campaign_data"u8);
        foreach (var (campaign, sent) in lead.SentByCampaign)
        {
            json.WriteStartObject();
            json.WriteNumber("campaign_id"u8, campaign);
            json.WriteString("status"u8, "in_sequence"u8);
            json.WriteNumber("emails_sent"u8, sent);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Paged(Utf8JsonWriter json, ListForm form, string path, int page, int size, int total, Action items)
    {
        if (form == ListForm.Root)
        {
            json.WriteStartArray();
            items();
            json.WriteEndArray();
            return;
        }
        var last = Math.Max(1, (total + size - 1) / size);
        json.WriteStartObject();
        json.WriteStartArray(form == ListForm.Data ? "data"u8 : "leads"u8);
        items();
        json.WriteEndArray();
        json.WriteStartObject("links"u8);
        json.WriteString("prev"u8, page > 1 ? $"{path}?page={page - 1}" : null);
        json.WriteString("next"u8, page < last ? $"{path}?page={page + 1}" : null);
        json.WriteEndObject();
        json.WriteStartObject("meta"u8);
        json.WriteNumber("current_page"u8, page);
        json.WriteNumber("last_page"u8, last);
        json.WriteNumber("per_page"u8, size);
        json.WriteNumber("total"u8, total);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static int Page(Exchange exchange) =>
        int.TryParse(exchange.Query("page"), NumberStyles.None, CultureInfo.InvariantCulture, out var page) && page is > 0 and < 1_000_000 ? page : 1;

    private static string Utc(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture);
}
