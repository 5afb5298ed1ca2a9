package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/lab"
)

// become goes on as a person of the hub's account who has one managed policy of the hub's stack and nothing else:
// become ROLE POLICY
func become(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cfg := context.Background(), root(ts, lab.DefaultHub)
	client, home := iam.NewFromConfig(cfg), "arn:aws:iam::"+lab.DefaultHub
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &args[0], Path: aws.String("/people/"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + home + `:root"},` +
				`"Action":"sts:AssumeRole"}]}`),
	})
	ts.Check(err)
	_, err = client.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: &args[0], PolicyArn: aws.String(home + ":policy/" + args[1]),
	})
	ts.Check(err)
	out, err := sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(home + ":role/people/" + args[0]), RoleSessionName: aws.String("ann"),
	})
	ts.Check(err)
	ts.Setenv("AWS_ACCESS_KEY_ID", aws.ToString(out.Credentials.AccessKeyId))
	ts.Setenv("AWS_SECRET_ACCESS_KEY", aws.ToString(out.Credentials.SecretAccessKey))
	ts.Setenv("AWS_SESSION_TOKEN", aws.ToString(out.Credentials.SessionToken))
}
