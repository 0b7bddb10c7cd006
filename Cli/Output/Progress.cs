using System.Diagnostics;
using Spectre.Console;

namespace Commerce.Cli.Output;

/// <summary>How far long work has come: a bar on a terminal, a plain line now and then elsewhere. Always on stderr; stdout is for answers.</summary>
internal sealed class Progress
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private ProgressTask? _bar;
    private string _title = "";
    private long _total;
    private long _done;

    /// <summary>Does work in steps, of which there are <paramref name="total"/>.</summary>
    public async Task Run(string title, long total, Func<Task> work)
    {
        (_title, _total, _done) = (title, total, 0);
        if (Console.IsErrorRedirected)
        {
            await Console.Error.WriteLineAsync($"{title}: {total}");
            await work();
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                _bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
                await work();
                _bar.Value = _bar.MaxValue;
                _bar = null;
            });
    }

    /// <summary>One step is done.</summary>
    public void Step()
    {
        var done = Interlocked.Increment(ref _done);
        _bar?.Increment(1);
        if (_bar is not null || !Console.IsErrorRedirected) return;
        lock (_gate)
        {
            if (_sinceLine.Elapsed < BetweenLines) return;
            _sinceLine.Restart();
            Console.Error.WriteLine($"{_title}: {done} of {_total}");
        }
    }

    /// <summary>Says something between the steps.</summary>
    public static void Say(string line) => Console.Error.WriteLine(line);
}
