using System.Globalization;

namespace Commerce.Analytics.Queries;

/// <summary>A span of event time: from inclusive, to exclusive, UTC.</summary>
internal readonly record struct Period(DateTime From, DateTime To)
{
    /// <summary>Reads two dates or RFC 3339 instants in whole minutes.</summary>
    public static Period Minutes(string? from, string? to)
    {
        var period = new Period(Instant("from", from), Instant("to", to));
        return period.To > period.From ? period : throw new BadQuestion("to", "'to' must be later than 'from'; it is exclusive.");
    }

    /// <summary>The same in whole days.</summary>
    public static Period Days(string? from, string? to)
    {
        var period = Minutes(from, to);
        foreach (var (name, at) in (ReadOnlySpan<(string, DateTime)>)[("from", period.From), ("to", period.To)])
            if (at.TimeOfDay != TimeSpan.Zero) throw new BadQuestion(name, $"'{name}' must be a day (midnight UTC): these figures are kept per day.");
        return period;
    }

    private static DateTime Instant(string name, string? text)
    {
        if (string.IsNullOrEmpty(text)) throw new BadQuestion(name, $"'{name}' is needed: a date such as 2010-12-01 or an instant such as 2010-12-01T09:30:00Z.");
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        if (text.Length is < 17 or > 40 || text[10] is not ('T' or 't') || !(text[^1] is 'Z' or 'z' || text[^6] is '+' or '-')
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            throw new BadQuestion(name, $"'{name}' is neither a date such as 2010-12-01 nor an instant with its offset such as 2010-12-01T09:30:00Z.");
        return instant.UtcTicks % TimeSpan.TicksPerMinute == 0
            ? instant.UtcDateTime
            : throw new BadQuestion(name, $"'{name}' must be a whole minute: these figures are kept per minute.");
    }
}
