// Command enabler is the Lambda function behind Custom::SalveOrganization.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/rs/zerolog"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/enable/resource"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/version"
	"github.com/salve-security/salve/playbooks"
)

func main() {
	log := zerolog.New(os.Stdout)
	handler, err := start(context.Background(), os.Getenv, log)
	if err != nil {
		log.Fatal().Err(err).Msg("the function cannot start")
	}
	log.Info().Str("version", version.String()).Msg("started")
	lambda.Start(handler.Handle)
}

// start wires the handler. What is logged are rows and answers: never the event, whose URL lets anybody answer.
func start(ctx context.Context, getenv func(string) string, log zerolog.Logger) (resource.Handler, error) {
	var h resource.Handler
	env := map[string]string{}
	for _, name := range []string{names.EnvAccount, names.EnvPartition, names.EnvAdminsRole} {
		if env[name] = getenv(name); env[name] == "" {
			return h, fault.New(fault.Invalid, "%s is not set: deploy deploy/organization.yaml", name)
		}
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return h, fmt.Errorf("load the AWS configuration: %w", err)
	}
	standards, err := playbooks.Load()
	if err != nil {
		return h, fmt.Errorf("standards: %w", err)
	}
	return resource.Handler{
		Account: env[names.EnvAccount], Region: cfg.Region, Known: standards.ARNs(), Services: enable.Services(),
		Open: func(ctx context.Context) enable.Opener {
			return resource.Roles(ctx, cfg, env[names.EnvAccount], env[names.EnvPartition], env[names.EnvAdminsRole])
		},
		Log:  func(row enable.Row) { log.Log().Interface("row", row).Send() },
		Note: func(text string) { log.Log().Str("answer", text).Send() },
		HTTP: &http.Client{}, Now: time.Now, Sleep: pause, Alarm: time.After,
	}, nil
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
