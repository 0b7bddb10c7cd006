using System.Collections.Immutable;
using System.Globalization;
using Commerce.Feeds;

namespace Commerce.Kernel;

/// <summary>
/// A named place in the code at which a laboratory lets the process end, as <c>kill -9</c> would. Reaching one costs a null check where no
/// laboratory armed it, and nothing can arm it in production.
/// </summary>
/// <param name="point">Its name: <c>after-append-before-reply</c>.</param>
/// <param name="subject">Only with this event or operation; empty for any.</param>
/// <param name="nth">At which time of reaching it.</param>
/// <param name="crash">Ends the process, and is told where.</param>
public sealed class CrashPoint(string point, string subject, int nth, Action<string> crash)
{
    /// <summary>A decision is taken, what it ordered is done; its event is about to be appended. Subject: the event.</summary>
    public const string BeforeAppend = "before-append";

    /// <summary>The event is durable; nobody has been told. Subject: the event.</summary>
    public const string AfterAppend = "after-append-before-reply";

    /// <summary>The payment provider has answered; the answer is not recorded. Subject: the operation's kind.</summary>
    public const string AfterProvider = "after-authorise-before-record";

    /// <summary>The broker has confirmed; the relay's cursor has not moved. Subject: the service.</summary>
    public const string AfterPublish = "after-publish-before-cursor";

    /// <summary>A projection has applied a run; the broker has not been told. Subject: the service.</summary>
    public const string AfterApply = "after-apply-before-ack";

    private static CrashPoint? _armed;
    private int _left = nth;

    /// <summary>Every name there is.</summary>
    public static IReadOnlyList<string> Names { get; } = [BeforeAppend, AfterAppend, AfterProvider, AfterPublish, AfterApply];

    /// <summary>Arms this one and no other; null disarms.</summary>
    public static void Arm(CrashPoint? one) => Volatile.Write(ref _armed, one);

    /// <summary>Reads <c>NAME SUBJECT NTH</c>, a subject of <c>*</c> being any; null for what is no such order.</summary>
    public static CrashPoint? Parse(string order, Action<string> crash) =>
        order.Split(' ') is [var name, var subject, var nth] && Names.Contains(name) && int.TryParse(nth, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? new CrashPoint(name, subject == "*" ? "" : subject, count, crash)
            : null;

    /// <summary>The code is here.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="subject">An event, or a word; boxed only where a point is armed.</param>
    public static void Reached<T>(string name, T subject) where T : notnull => Volatile.Read(ref _armed)?.Hit(name, subject);

    /// <summary>The same with several events; the point is reached when it is armed for one of them.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="subjects">Events.</param>
    public static void Reached<T>(string name, ImmutableArray<T> subjects) where T : class => Volatile.Read(ref _armed)?.Hit(name, subjects.CastArray<object>());

    private void Hit(string name, ImmutableArray<object> with)
    {
        if (name == point && (with.FirstOrDefault(one => subject == EventTypes.NameOf(one.GetType())) ?? with.FirstOrDefault()) is { } nearest) Hit(name, nearest);
    }

    private void Hit(string name, object with)
    {
        if (name != point) return;
        var word = with is string or Enum ? with.ToString()! : EventTypes.NameOf(with.GetType());
        if ((subject.Length == 0 || subject == word) && Interlocked.Decrement(ref _left) == 0) crash($"{name} {word}");
    }
}
