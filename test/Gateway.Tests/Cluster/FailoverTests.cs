using System.Reflection;
using Commerce.Carts;
using Commerce.Gateway.Cluster;
using Commerce.Kernel;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Commerce.Gateway.Tests.Cluster;

public sealed class FailoverTests
{
    private readonly FakeTimeProvider _time = new() { AutoAdvanceAmount = TimeSpan.Zero };

    [Fact]
    public async Task A_command_under_a_key_is_made_again_until_its_grain_lives_somewhere_else()
    {
        var call = Call.Of(failures: 3, new CommandKey("key", "digest"), "line");
        await Run(call);
        call.Tries.ShouldBe(4);
    }

    [Fact]
    public async Task A_question_is_asked_again()
    {
        var call = Call.Of(failures: 1);
        await Run(call);
        call.Tries.ShouldBe(2);
    }

    [Fact]
    public async Task A_command_without_a_key_may_have_been_done_and_is_not_made_again()
    {
        var call = Call.Of(failures: 1, CommandKey.None, "line");
        await Should.ThrowAsync<SiloUnavailableException>(() => Run(call));
        call.Tries.ShouldBe(1);
    }

    [Fact]
    public async Task What_stays_away_is_said_to_be_away_after_a_while()
    {
        var call = Call.Of(failures: int.MaxValue);
        var began = _time.GetUtcNow();
        await Should.ThrowAsync<SiloUnavailableException>(() => Run(call));
        (_time.GetUtcNow() - began).ShouldBeInRange(Failover.Patience / 2, Failover.Patience);
    }

    [Fact]
    public async Task A_role_that_no_silo_has_is_not_waited_for()
    {
        var call = Call.Of(failures: 1);
        call.Fault = new OrleansException("No active nodes are compatible with grain cart.");
        await Should.ThrowAsync<OrleansException>(() => Run(call));
        call.Tries.ShouldBe(1);
    }

    private async Task Run(Call call)
    {
        var running = new Failover(_time).Invoke(call.Context);
        while (!running.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }

        await running;
    }

    /// <summary>A call of a cart that fails so many times; only what a filter looks at is there.</summary>
    public class Call : DispatchProxy
    {
        private object[] _arguments = [];
        private int _failures;

        public IOutgoingGrainCallContext Context { get; private set; } = null!;

        public Exception Fault { get; set; } = new SiloUnavailableException("It is gone.");

        public int Tries { get; private set; }

        public static Call Of(int failures, params object[] arguments)
        {
            var context = Create<IOutgoingGrainCallContext, Call>();
            var call = (Call)(object)context;
            (call.Context, call._failures, call._arguments) = (context, failures, arguments);
            return call;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IOutgoingGrainCallContext.Invoke) => Try(),
            $"get_{nameof(IGrainCallContext.Request)}" => Arguments.Of(_arguments),
            $"get_{nameof(IGrainCallContext.InterfaceMethod)}" => typeof(ICartGrain).GetMethod(nameof(ICartGrain.Remove)),
            _ => throw new NotSupportedException(targetMethod.Name),
        };

        private Task Try() => ++Tries <= _failures ? Task.FromException(Fault) : Task.CompletedTask;
    }

    public class Arguments : DispatchProxy
    {
        private object[] _values = [];

        public static IInvokable Of(object[] values)
        {
            var request = Create<IInvokable, Arguments>();
            ((Arguments)(object)request)._values = values;
            return request;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
        {
            nameof(IInvokable.GetArgumentCount) => _values.Length,
            nameof(IInvokable.GetArgument) => _values[(int)args![0]!],
            _ => throw new NotSupportedException(targetMethod.Name),
        };
    }
}
