// Package stagetest gives the tests of a package one lab in which Salve's own
// stacks stand, without a function that would take messages away from the tests.
package stagetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage"
	"github.com/salve-security/salve/internal/names"
)

// World is a lab with the stacks of hub and members in it.
type World struct {
	*lab.Lab
	env map[string]string
}

// Main runs a package's tests with one World for all of them. TestMain passes
// its result to os.Exit; use receives the World before the first test.
func Main(m *testing.M, use func(*World)) int {
	w, err := start(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	use(w)
	status := m.Run()
	if err := w.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func start(ctx context.Context) (*World, error) {
	l, err := lab.Start(ctx, lab.Options{})
	if err != nil {
		return nil, err
	}
	outputs, err := stage.Deploy(ctx, l, stage.Options{Program: []byte("#!/bin/sh\n"), Chat: true})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	w := &World{Lab: l, env: stage.Env(outputs)}
	w.env[names.EnvChatTopic] = "arn:aws:sns:" + l.Region() + ":" + l.Hub() + ":" + names.ChatTopic
	if err := stage.LetIn(ctx, l); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if err := Unplug(ctx, w.Root(w.Hub())); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return w, nil
}

// Unplug takes the queues from the functions of the account that cfg is the root of: messages stay where tests find
// them.
func Unplug(ctx context.Context, cfg aws.Config) error {
	client := lambda.NewFromConfig(cfg)
	sources, err := client.ListEventSourceMappings(ctx, &lambda.ListEventSourceMappingsInput{})
	if err != nil {
		return fmt.Errorf("list the function's sources: %w", err)
	}
	for _, s := range sources.EventSourceMappings {
		if _, err := client.DeleteEventSourceMapping(ctx, &lambda.DeleteEventSourceMappingInput{UUID: s.UUID}); err != nil {
			return fmt.Errorf("unplug the function: %w", err)
		}
	}
	return nil
}

// Getenv answers as the environment of the function does.
func (w *World) Getenv(name string) string { return w.env[name] }

// Root is the root of an account, with every call made once.
func (w *World) Root(account string) aws.Config {
	return once(w.Config(account, w.Region()))
}

// Orchestrator has the credentials of the function's own role, with every call made once.
func (w *World) Orchestrator() aws.Config {
	root := w.Root(w.Hub())
	arn := "arn:aws:iam::" + w.Hub() + ":role/" + names.FunctionRole
	own := root.Copy()
	own.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(root), arn))
	return own
}

// once keeps a client from repeating calls, so that a fault shows where it is injected.
func once(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return cfg
}
