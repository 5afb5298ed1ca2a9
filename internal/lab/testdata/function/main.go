// Command function is deployed into the lab to see that functions reach AWS through the lab's endpoint.
package main

import (
	"context"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() { lambda.Start(handle) }

// handle makes one call, without retries, and answers the error or the number of queues.
func handle(ctx context.Context) (map[string]any, error) {
	once := config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} })
	loaded, err := config.LoadDefaultConfig(ctx, once)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{"lab_token": len(os.Getenv("LAB_TOKEN")), "error": ""}
	if _, err := sqs.NewFromConfig(loaded).ListQueues(ctx, nil); err != nil {
		answer["error"] = strings.TrimSpace(err.Error())
	}
	return answer, nil
}
