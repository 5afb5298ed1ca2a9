package iam_test

import (
	"context"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/salve-security/salve/internal/control/controltest"
	"github.com/salve-security/salve/internal/member"
)

// keeper is a role of the member account that may do everything, so that a
// denial can only come from the session policy. The member role of the stack
// cannot stand here: it is denied every change of IAM.
const keeper = "identity-keeper"

// world is the one lab of this package's tests, with sessions through keeper.
var world identities

type identities struct {
	*controltest.Lab
	opener member.Opener
}

// Open opens the session of a run.
func (w identities) Open(ctx context.Context, r member.Request) (aws.Config, error) {
	return w.opener.Open(ctx, r)
}

func TestMain(m *testing.M) {
	os.Exit(controltest.Main(m, func(l *controltest.Lab) {
		root := l.Root(controltest.DefaultAccount)
		if err := addKeeper(context.Background(), iam.NewFromConfig(root)); err != nil {
			panic(err) // no test could run
		}
		world = identities{l, member.Opener{Hub: root, Role: keeper}}
	}))
}

func addKeeper(ctx context.Context, client *iam.Client) error {
	_, err := client.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String(keeper),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::` + controltest.DefaultAccount + `:root"},` +
			`"Action":["sts:AssumeRole","sts:SetSourceIdentity"]}]}`),
	})
	if err != nil {
		return err
	}
	_, err = client.PutRolePolicy(ctx, &iam.PutRolePolicyInput{
		RoleName: aws.String(keeper), PolicyName: aws.String("suite"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	return err
}

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
