// Command orchestrator is the Lambda function behind both queues.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/rs/zerolog"

	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
)

func main() {
	log := zerolog.New(os.Stdout)
	handler, err := start(context.Background(), log)
	if err != nil {
		log.Fatal().Err(err).Msg("the function cannot start")
	}
	lambda.Start(handler)
}

type handler func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)

func start(ctx context.Context, log zerolog.Logger) (handler, error) {
	settings, err := wire.FromEnv(os.Getenv)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the AWS configuration: %w", err)
	}
	audit := func(_ context.Context, line engine.Line) { log.Log().Interface("audit", line).Send() }
	// Every invocation claims under a name of its own: one that was cut off must
	// not be mistaken for the next.
	e, err := wire.Engine(cfg, settings, "", audit)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, in events.SQSEvent) (events.SQSEventResponse, error) {
		ctx, cancel := context.WithTimeout(ctx, names.Budget)
		defer cancel()
		mine := *e
		mine.Owner = run.NewID(time.Now())
		batch := make([]engine.Message, len(in.Records))
		for i, r := range in.Records {
			batch[i] = engine.Message{ID: r.MessageId, Body: r.Body}
		}
		// Never null: Lambda takes a missing list for a malformed answer.
		out := events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{}}
		for _, id := range mine.Handle(ctx, batch) {
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
		}
		return out, nil
	}, nil
}
