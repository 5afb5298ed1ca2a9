package main

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
)

// audited fails unless an audit line matches, with neg if one does: audited PATTERN
func audited(ts *testscript.TestScript, neg bool, args []string) {
	logs := cloudwatchlogs.NewFromConfig(root(ts, lab.DefaultHub))
	out, err := logs.FilterLogEvents(context.Background(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(ts.Getenv(names.EnvAuditLogGroup)),
	})
	ts.Check(err)
	pattern, found := regexp.MustCompile(args[0]), false
	for _, e := range out.Events {
		found = found || pattern.MatchString(aws.ToString(e.Message))
	}
	if found == neg {
		ts.Fatalf("%d audit lines, one matches %s: %t", len(out.Events), args[0], found)
	}
}
