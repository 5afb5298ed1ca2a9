package main

import (
	"errors"
	"fmt"
	"net/http"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/salve-security/salve/internal/fault"
)

// login says in one sentence what is wrong with somebody's credentials. These are
// errors without a class: nothing was refused, nobody was let in.
func (a *app) login(cfg aws.Config, client *sts.Client) (*sts.GetCallerIdentityOutput, error) {
	const help = "no AWS credentials that work: log in, for example with aws sso login, or name one with --profile; " +
		"for a lab: eval \"$(salve lab env)\""
	if cfg.Credentials == nil {
		return nil, errors.New(help)
	}
	if _, err := cfg.Credentials.Retrieve(a.ctx); err != nil {
		return nil, errors.New(help) // the rest is about every place that was looked at
	}
	me, err := client.GetCallerIdentity(a.ctx, nil)
	var answer *smithyhttp.ResponseError
	switch {
	case err == nil:
		return me, nil
	case errors.Is(err, syscall.ECONNREFUSED) && cfg.BaseEndpoint != nil:
		return nil, fault.New(fault.Retry, "nothing answers at %s, which AWS_ENDPOINT_URL names: is the lab running? "+
			"See salve lab status", *cfg.BaseEndpoint)
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusForbidden: // nothing else is denied to ask this
		return nil, errors.New(help)
	}
	return nil, fmt.Errorf("who am I: %w", err)
}

// atHome refuses credentials of an account that is not the hub, before the hub's
// table is looked for there. Another role may well be of another account.
func (a *app) atHome(account, action string) error {
	home, err := arn.Parse(action)
	if err != nil || a.role != "" || home.AccountID == "" || home.AccountID == account {
		return nil //nolint:nilerr // an action of another form says nothing about the hub
	}
	return fault.New(fault.Unknown, "these credentials are of account %s, the hub is %s: log in there, or name a profile "+
		"of it with --profile", account, home.AccountID)
}

// noTable says where there is no table, if that is what is wrong.
func (a *app) noTable(err error) error {
	var missing *ddb.ResourceNotFoundException
	if !errors.As(err, &missing) || a.at.table == "" {
		return err
	}
	return fault.New(fault.Unknown, "Salve's hub is not here: account %s has no table %s in Region %s; name a profile of "+
		"the hub's account with --profile and its Region with AWS_REGION (a lab has a hub with salve lab start --deploy)",
		a.at.account, a.at.table, a.at.region)
}

// asFunction wants the role that the engine works as. Where there is none, because this is not the hub, that is said:
// AWS answers as if it were only denied.
func (a *app) asFunction(h hub) error {
	_, err := h.cfg.Credentials.Retrieve(a.ctx)
	if err == nil {
		return nil
	}
	if fault.Of(err) == fault.Denied && a.role == "" {
		var missing *ddb.ResourceNotFoundException
		if _, failed := h.ledger().Settings(a.ctx); errors.As(failed, &missing) {
			return failed
		}
	}
	return asRole(h.role, err)
}

// whereabouts is where the hub's table is looked for.
type whereabouts struct{ account, table, region string }
