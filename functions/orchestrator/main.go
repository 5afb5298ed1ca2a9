// Command orchestrator is the Lambda function behind its queues.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/rs/zerolog"

	controls "github.com/salve-security/salve/functions/playbooks"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/version"
	"github.com/salve-security/salve/internal/wire"
	"github.com/salve-security/salve/playbooks"
)

func main() {
	log := zerolog.New(os.Stdout)
	handler, err := start(context.Background(), os.Stdout, log)
	if err != nil {
		log.Fatal().Err(err).Msg("the function cannot start")
	}
	log.Info().Str("version", version.String()).Msg("started")
	lambda.Start(handler)
}

type handler func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

func start(ctx context.Context, out io.Writer, log zerolog.Logger) (handler, error) {
	settings, err := wire.FromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	standards, err := playbooks.Load()
	if err != nil {
		return nil, fmt.Errorf("standards: %w", err)
	}
	registry, err := controls.All(standards.Listing)
	if err != nil {
		return nil, fmt.Errorf("controls: %w", err)
	}
	write := func(_ context.Context, line audit.Line) { log.Log().Interface("audit", line).Send() }
	known := wire.Known{Controls: registry, Standards: standards, Listing: standards.Listing}
	ports := wire.Ports(known, cfg, settings, "", write)
	return func(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, names.Budget)
		defer cancel()
		// Every invocation claims under a name of its own: one that was cut off must
		// not be mistaken for the next.
		mine, seen := ports, &witness{next: write}
		id := run.NewID(time.Now())
		mine.Owner, mine.Batch, mine.Audit, mine.Beat = id, id, seen.audit, seen.beat
		failed := engine.New(mine).Handle(ctx, messages(in, settings.Home.Name(names.ApprovalsQueue)))
		if err := seen.print(out, time.Now()); err != nil {
			log.Error().Err(err).Msg("no metrics of this batch")
		}
		return answer(failed), nil
	}, nil
}

// messages are those of a batch. Approvals is what the queue of answers to plans is called: only what comes from there is
// taken for one, and who sent it is taken from what AWS says of the message.
func messages(in events.SQSEvent, approvals string) []engine.Message {
	batch := make([]engine.Message, len(in.Records))
	for i, r := range in.Records {
		// What is no number is not known, which costs nothing but a look-up that may be missing.
		received, _ := strconv.Atoi(r.Attributes["ApproximateReceiveCount"])
		batch[i] = engine.Message{ID: r.MessageId, Body: r.Body, Received: received}
		if strings.HasSuffix(r.EventSourceARN, ":"+approvals) {
			batch[i].Approval, batch[i].Sender = true, r.Attributes["SenderId"]
		}
	}
	return batch
}

// answer names what has to come again. The list is never null: Lambda takes a
// missing one for a malformed answer.
func answer(failed []string) events.SQSEventResponse {
	out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
	for _, id := range failed {
		out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return out
}
