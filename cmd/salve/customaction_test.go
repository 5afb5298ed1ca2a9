package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
)

// custom changes a custom action of the hub behind the back of Salve: custom make|rename|delete ID
func custom(ts *testscript.TestScript, _ bool, args []string) {
	client, ctx := securityhub.NewFromConfig(root(ts, lab.DefaultHub)), context.Background()
	arn := aws.String("arn:aws:securityhub:" + region + ":" + lab.DefaultHub + ":action/custom/" + args[1])
	var err error
	switch args[0] {
	case "make":
		_, err = client.CreateActionTarget(ctx, &securityhub.CreateActionTargetInput{
			Id: &args[1], Name: &args[1], Description: aws.String("somebody else's"),
		})
	case "rename":
		_, err = client.UpdateActionTarget(ctx, &securityhub.UpdateActionTargetInput{
			ActionTargetArn: arn, Name: aws.String("Mallory"),
		})
	case "delete":
		_, err = client.DeleteActionTarget(ctx, &securityhub.DeleteActionTargetInput{ActionTargetArn: arn})
	}
	ts.Check(err)
}
