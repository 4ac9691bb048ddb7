using Realtime.Server.Routing.Questions;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing;

/// <summary>One node: SignalR's own tokens are enough, and no connection was negotiated elsewhere.</summary>
internal sealed class NoOtherNodes : IConnectionTokens, IOpenedConnections, IRemoteRefresh, INodeQuestions
{
    public Task Ready => Task.CompletedTask;

    public string Issue(string token, string connectionId, string user, string hub) => token;

    public bool WasGivenTo(ConnectionTicket ticket, string user, string hub) => false;

    public bool MayHaveBegunWith(ConnectionTicket ticket, Caller caller, string hub) => false;

    public bool TryTakeId(ConnectionTicket ticket) => false;

    public bool IsServedEverywhere => true;

    public Task<RefreshResult> RefreshAsync(RefreshRequest request) => Task.FromResult(RefreshResult.NotFound);

    public Task<NodeAnswers> AskOthersAsync(string question, object arguments, CancellationToken cancel) =>
        Task.FromResult(NodeAnswers.None);

    public Task AddOpenedAsync(ConnectionTicket ticket, string host) => Task.CompletedTask;
}
