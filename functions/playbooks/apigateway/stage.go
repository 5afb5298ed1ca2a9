// Package apigateway holds the playbooks for Amazon API Gateway.
package apigateway

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	v2types "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/salve-security/salve/functions/playbooks/needs"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// Stages of REST APIs, and of HTTP and WebSocket APIs. The name is all behind the slash: "restapis/ID/stages/NAME".
const (
	restStage = `restapis/[a-z0-9]{1,64}/stages/[A-Za-z0-9_-]{1,128}`
	newStage  = `apis/[a-z0-9]{1,64}/stages/(?:[A-Za-z0-9_-]{1,128}|\$default)`
)

func stageARN(kinds string) *regexp.Regexp {
	return regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:[a-z0-9-]+::/(` + kinds + `)$`)
}

// of are the ids of an API and of its stage, for inputs of calls.
func of(env control.Env) (api, stage *string) {
	parts := strings.Split(env.Name, "/")
	return &parts[1], &parts[3]
}

// ofREST tells stages of REST APIs, which have other calls.
func ofREST(env control.Env) bool { return strings.HasPrefix(env.Name, "rest") }

// apiARN is that of the stage's API.
func apiARN(env control.Env) string {
	return env.Target.Resource[:strings.Index(env.Target.Resource, "/stages/")]
}

// accountARN is that of what API Gateway keeps for the account in a Region.
func accountARN(env control.Env) string {
	return "arn:" + env.Target.Partition + ":apigateway:" + env.Target.Region + "::/account"
}

// protocol is that of an API that is no REST API.
func protocol(ctx context.Context, env control.Env) (v2types.ProtocolType, error) {
	api, _ := of(env)
	out, err := apigatewayv2.NewFromConfig(env.Config).GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: api})
	if err != nil {
		return "", err
	}
	if out.ProtocolType == "" {
		return "", fault.New(fault.Invalid, "GetApi answered without ProtocolType")
	}
	return out.ProtocolType, nil
}

// service gets the role with which API Gateway writes logs.
const service = "apigateway.amazonaws.com"

// logRole is one of the account.
type logRole struct {
	ARN string `json:"_ARN"`
}

// leftRole is why undo leaves it.
const leftRole = "other APIs of the account may write logs with it by then"

// findRole reads with which role API Gateway writes logs in the account; where there is none, why it cannot get one.
func findRole(ctx context.Context, env control.Env) (account map[string]logRole, trouble string, err error) {
	if account, err = readRole(ctx, env); err == nil && len(account) == 0 {
		trouble, err = needs.RoleTrouble(ctx, env, service)
	}
	return account, trouble, err
}

// readRole is one, or none.
func readRole(ctx context.Context, env control.Env) (map[string]logRole, error) {
	out, err := apigateway.NewFromConfig(env.Config).GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return nil, err
	}
	if role := aws.ToString(out.CloudwatchRoleArn); role != "" {
		return map[string]logRole{role: {role}}, nil
	}
	return map[string]logRole{}, nil
}

// addRole names the role where the account has none, and leaves one that is there, whichever it is.
func addRole(env control.Env, account map[string]logRole, trouble string) error {
	if len(account) > 0 {
		return nil
	}
	if trouble != "" {
		return fault.New(fault.Refused, "%s", trouble)
	}
	role := needs.OwnRole(env, service)
	account[role] = logRole{role}
	return nil
}

// givenRoles are those that a change gives to API Gateway.
func givenRoles(from, to map[string]logRole) []string {
	var all []string
	for role := range to {
		if _, was := from[role]; !was {
			all = append(all, role)
		}
	}
	return all
}

// ensureRole sets the account's role where it has none at the moment of the change either.
func ensureRole() kind.Ensure[logRole] {
	return kind.Ensure[logRole]{
		There: func(ctx context.Context, env control.Env, _ string, _ logRole) (bool, error) {
			now, err := readRole(ctx, env)
			return len(now) > 0, err
		},
		Make: func(ctx context.Context, env control.Env, role string, _ logRole) error {
			_, err := apigateway.NewFromConfig(env.Config).UpdateAccount(ctx, &apigateway.UpdateAccountInput{
				PatchOperations: []types.PatchOperation{{
					Op: types.OpReplace, Path: aws.String("/cloudwatchRoleArn"), Value: &role,
				}},
			})
			return err
		},
	}
}
