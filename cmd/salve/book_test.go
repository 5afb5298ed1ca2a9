package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// book gives the member a runbook of the company, and the role that it runs as: book NAME FILE ROLE ACTION...
func book(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: book NAME FILE ROLE ACTION...")
	}
	member := ts.Getenv("MEMBER")
	cfg := root(ts, member)
	_, err := ssm.NewFromConfig(cfg).CreateDocument(context.Background(), &ssm.CreateDocumentInput{
		Name: &args[0], Content: aws.String(ts.ReadFile(args[1])), DocumentType: types.DocumentTypeAutomation,
		DocumentFormat: types.DocumentFormatYaml,
	})
	ts.Check(err)
	roles := iam.NewFromConfig(cfg)
	_, err = roles.CreateRole(context.Background(), &iam.CreateRoleInput{
		Path: aws.String("/salve/user/"), RoleName: &args[2],
		AssumeRolePolicyDocument: aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"ssm.amazonaws.com"},"Action":"sts:AssumeRole",
			"Condition":{"StringEquals":{"aws:SourceAccount":"%s"}}}]}`, member)),
	})
	ts.Check(err)
	_, err = roles.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{
		RoleName: &args[2], PolicyName: aws.String("runbook"),
		PolicyDocument: aws.String(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["%s"],
			"Resource":"*"}]}`, strings.Join(args[3:], `","`))),
	})
	ts.Check(err)
}
