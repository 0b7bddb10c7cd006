using System.Globalization;

namespace Commerce.ServiceDefaults;

/// <summary>How long something takes, as people write it in settings and commands: <c>00:15:00</c>, or <c>1.00:00:00</c> for a day.</summary>
public static class WrittenTime
{
    /// <summary>Reads <c>[d.]hh:mm[:ss[.fff]]</c> with hours up to 23; false for all else.</summary>
    public static bool TryParse(string? text, out TimeSpan time)
    {
        time = default;
        // "10" alone would be ten days; and a reader less strict takes 24:00:00, which is meant as a day, for 24 of them.
        return text is not null && text.Contains(':') && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out time);
    }
}
