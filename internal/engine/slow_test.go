package engine_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// slowBucket is a service that takes a change at once and shows it later. What
// it keeps is real: the public access block of a bucket.
type slowBucket struct {
	clock *clock
	takes time.Duration

	mu    sync.Mutex
	since time.Time
	was   blockState
}

// blockState is a public access block by flag; none at all has no flags.
type blockState struct{ Flags map[string]bool }

func (s *slowBucket) read(ctx context.Context, env control.Env) (blockState, error) {
	name := env.Target.Resource[len("arn:aws:s3:::"):]
	out, err := policyClient(env.Config).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &name})
	if fault.Unset(err) {
		return blockState{}, nil
	}
	if err != nil {
		return blockState{}, err
	}
	now := blockState{Flags: map[string]bool{}}
	fixed := true
	for name, flag := range flagsOf(out.PublicAccessBlockConfiguration) {
		now.Flags[name] = aws.ToBool(*flag)
		fixed = fixed && now.Flags[name]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fixed && s.clock.Now().Before(s.since.Add(s.takes)) {
		return s.was, nil
	}
	return now, nil
}

func (s *slowBucket) write(ctx context.Context, env control.Env, from, to blockState) error {
	s.mu.Lock()
	s.since, s.was = s.clock.Now(), from
	s.mu.Unlock()
	name := env.Target.Resource[len("arn:aws:s3:::"):]
	client := policyClient(env.Config)
	if len(to.Flags) == 0 {
		_, err := client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: &name})
		return err
	}
	b := &types.PublicAccessBlockConfiguration{}
	for name, flag := range flagsOf(b) {
		*flag = aws.Bool(to.Flags[name])
	}
	_, err := client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &name, PublicAccessBlockConfiguration: b,
	})
	return err
}

func flagsOf(b *types.PublicAccessBlockConfiguration) map[string]**bool {
	return map[string]**bool{
		"BlockPublicAcls": &b.BlockPublicAcls, "IgnorePublicAcls": &b.IgnorePublicAcls,
		"BlockPublicPolicy": &b.BlockPublicPolicy, "RestrictPublicBuckets": &b.RestrictPublicBuckets,
	}
}

// on makes S3.8 a control of the slow service for a process.
func (s *slowBucket) on(t *testing.T, p *process) *process {
	t.Helper()
	real, _ := p.Controls.Get("S3.8")
	info := real.Info
	info.Settle = control.Settle{Typical: s.takes, Within: 2 * time.Hour}
	registry, err := control.NewRegistry(nil, control.Of[blockState]{
		Info: info, Read: s.read, Write: s.write,
		Want: func(blockState, control.Env) (blockState, error) {
			all := blockState{Flags: map[string]bool{}}
			for name := range flagsOf(&types.PublicAccessBlockConfiguration{}) {
				all.Flags[name] = true
			}
			return all, nil
		},
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	p.Controls = registry
	return p
}
