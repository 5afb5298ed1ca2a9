package doctor

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/salve-security/salve/internal/names"
)

// sources: what feeds the function from its queues is on, and lets it say which messages of a batch failed.
func sources() Check {
	const action = "lambda:ListEventSourceMappings"
	ask := func(ctx context.Context, p *Patient) Answer {
		client := lambda.NewFromConfig(p.Own)
		for _, queue := range []string{names.NowQueue, names.BulkQueue, names.ApprovalsQueue} {
			queue = p.called(queue)
			out, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{
				EventSourceArn: aws.String(p.queue(queue)),
			})
			if err != nil {
				return unread(err, action)
			}
			if a := p.fed(queue, out.EventSourceMappings); a.Verdict != OK {
				return a
			}
		}
		return ok("the function is fed from its queues")
	}
	return Check{Name: "sources", Needs: []string{action}, ask: ask}
}

// liveAlias is the alias of the function that gets the work: what it does not name is no version that was released.
const liveAlias = "live"

// live is the function as it is fed.
func (p *Patient) live() string { return p.called(names.Function) + ":" + liveAlias }

// feeds is how a queue feeds the function, as the hub's template says it.
type feeds struct {
	places int // of the function, that the queue takes at most
	window int // for how many seconds a batch gathers
	note   string
}

// feedsOf is how a queue shall feed the function.
func (p *Patient) feedsOf(queue string) feeds {
	switch queue {
	case p.called(names.NowQueue):
		return feeds{places: 5}
	case p.called(names.ApprovalsQueue):
		return feeds{places: 2}
	}
	return feeds{places: 10, window: 1, note: " (10 places, unless the hub's stack has another MaximumConcurrency)"}
}

// fed looks at what feeds the function from one queue.
func (p *Patient) fed(queue string, all []types.EventSourceMappingConfiguration) Answer {
	ours := slices.DeleteFunc(slices.Clone(all), func(m types.EventSourceMappingConfiguration) bool {
		return !strings.Contains(aws.ToString(m.FunctionArn)+":", ":"+p.called(names.Function)+":") // whatever its version
	})
	if len(ours) == 0 {
		how := p.feedsOf(queue)
		return wrong(p.aws("lambda create-event-source-mapping --function-name %s --event-source-arn %s --batch-size 10 "+
			"--maximum-batching-window-in-seconds %d --function-response-types ReportBatchItemFailures --scaling-config %s",
			p.live(), p.queue(queue), how.window, quoted(map[string]any{"MaximumConcurrency": how.places})),
			"nothing feeds the function from the queue %s%s", queue, how.note)
	}
	right := slices.IndexFunc(ours, p.feedsLive)
	for _, m := range ours {
		if !p.feedsLive(m) {
			return p.pastLive(queue, m, right >= 0)
		}
	}
	m := ours[right]
	switch state := aws.ToString(m.State); state {
	case "Enabled", "Creating", "Enabling", "Updating":
	default:
		return wrong(p.aws("lambda update-event-source-mapping --uuid %s --enabled", aws.ToString(m.UUID)),
			"what feeds the function from the queue %s is %s", queue, state)
	}
	if !slices.Contains(m.FunctionResponseTypes, types.FunctionResponseTypeReportBatchItemFailures) {
		return wrong(p.aws("lambda update-event-source-mapping --uuid %s --function-response-types ReportBatchItemFailures",
			aws.ToString(m.UUID)), "one message of the queue %s that fails makes its whole batch come again", queue)
	}
	return ok("")
}

// feedsLive tells whether a source of the function feeds its alias.
func (p *Patient) feedsLive(m types.EventSourceMappingConfiguration) bool {
	return strings.HasSuffix(aws.ToString(m.FunctionArn), ":"+p.live())
}

// pastLive says of a source that it feeds what nobody released, or put back. One beside the right one has to go.
func (p *Patient) pastLive(queue string, m types.EventSourceMappingConfiguration, beside bool) Answer {
	_, version, _ := strings.Cut(aws.ToString(m.FunctionArn), ":"+p.called(names.Function)+":")
	fix := p.aws("lambda update-event-source-mapping --uuid %s --function-name %s", aws.ToString(m.UUID), p.live())
	if beside {
		fix = p.aws("lambda delete-event-source-mapping --uuid %s", aws.ToString(m.UUID))
	}
	return wrong(fix, "the queue %s feeds %s of the function and not its alias %s: an upgrade or a version that was put "+
		"back does not reach it", queue, cmp.Or(version, "$LATEST"), liveAlias)
}
