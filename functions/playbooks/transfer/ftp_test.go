package transfer_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/transfer"
	"github.com/aws/aws-sdk-go-v2/service/transfer/types"

	playbook "github.com/salve-security/salve/functions/playbooks/transfer"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

const prefix = "arn:aws:transfer:" + playbooktest.DefaultRegion + ":" + playbooktest.DefaultAccount + ":server/"

// servers are those of the lab: the emulators cannot change one.
type servers struct {
	mu  sync.Mutex
	all map[string]map[string]any
}

func (s *servers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in map[string]any
	_ = json.NewDecoder(r.Body).Decode(&in)
	id, _ := in["ServerId"].(string)
	is, there := s.all[id]
	switch operation := r.Header.Get("X-Amz-Target"); {
	case strings.HasSuffix(operation, ".ListServers"): // who looks at all
		all := []map[string]any{}
		for id, is := range s.all {
			all = append(all, map[string]any{"Arn": is["Arn"], "ServerId": id})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Servers": all})
	case !there:
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": "ResourceNotFoundException"})
	case strings.HasSuffix(operation, ".UpdateServer"):
		for name, value := range in {
			is[name] = value
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"ServerId": id})
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{"Server": is})
	}
}

// set makes a server, or changes it; nil takes it away.
func (s *servers) set(resource string, values map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := strings.TrimPrefix(resource, prefix)
	if values == nil {
		delete(s.all, id)
		return
	}
	if s.all[id] == nil {
		s.all[id] = map[string]any{}
	}
	for name, value := range values {
		s.all[id][name] = value
	}
}

func TestFTP(t *testing.T) {
	is := &servers{all: map[string]map[string]any{}}
	set := func(name string, value any) playbooktest.Act {
		return func(_ context.Context, _ *testing.T, _ aws.Config, resource string) {
			is.set(resource, map[string]any{name: value})
		}
	}
	playbooktest.Run(t, playbooktest.Suite{
		World: playbooktest.Serving(t, "transfer", is), Control: playbook.FTP()[0],
		Foreign: []string{prefix + "*", prefix + "s-1", "arn:aws:transfer:us-east-1:222222222222:user/s-0123456789abcdef0/a"},
		Seed: func(_ context.Context, _ *testing.T, _ aws.Config) string {
			resource := prefix + "s-" + hex.EncodeToString([]byte(rand.Text()))[:17]
			is.set(resource, map[string]any{
				"Arn": resource, "Protocols": []string{"FTP", "FTPS", "SFTP"}, "Certificate": "c", "State": "ONLINE",
			})
			return resource
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			id := strings.TrimPrefix(resource, prefix)
			in := &transfer.DescribeServerInput{ServerId: &id}
			out := playbooktest.Got(transfer.NewFromConfig(root).DescribeServer(ctx, in))(t).Server
			seen := map[string]any{"certificate": *out.Certificate}
			for _, p := range out.Protocols {
				seen[string(p)] = true
			}
			return seen
		},
		Unrelated: set("Certificate", "another"), DisturbFact: set("UserCount", 7),
		Delete: func(_ context.Context, _ *testing.T, _ aws.Config, resource string) { is.set(resource, nil) },
		Skip:   map[string]string{playbooktest.CaseDrift: "a server speaks FTP or not: a third value does not exist"},
	})
}

func TestLineOfFTP(t *testing.T) {
	speaks := func(protocols ...types.Protocol) playbooktest.StandIn {
		return playbooktest.Answers(&transfer.DescribeServerOutput{Server: &types.DescribedServer{Protocols: protocols}})
	}
	playbooktest.Judged(t, playbook.FTP()[0], prefix+"s-0123456789abcdef0", map[string]playbooktest.Shape{
		"FTP and SFTP": {Answers: speaks("FTP", "SFTP"), Fails: true},
		"all":          {Answers: speaks("SFTP", "FTP", "FTPS", "AS2"), Fails: true},
		"SFTP":         {Answers: speaks("SFTP")},
		"FTPS":         {Answers: speaks("FTPS")},
		"AS2":          {Answers: speaks("AS2", "SFTP")},
		"FTP alone":    {Answers: speaks("FTP"), Class: fault.Refused, Words: []string{"another protocol"}},
		"nothing":      {Answers: speaks(), Class: fault.Invalid},
		"no server":    {Answers: playbooktest.Answers(&transfer.DescribeServerOutput{}), Class: fault.Invalid},
	})
}

// A plan says who may be cut off.
func TestUsersAreMentioned(t *testing.T) {
	c := playbook.FTP()[0]
	env := playbooktest.Env(t, c, prefix+"s-0123456789abcdef0", playbooktest.Unplugged(),
		playbooktest.Answers(&transfer.DescribeServerOutput{Server: &types.DescribedServer{
			Protocols: []types.Protocol{"FTP", "SFTP"}, UserCount: aws.Int32(3), State: "ONLINE",
		}}))
	playbooktest.Planned(t, c, env, "  ~ Protocols.FTP: true → none\n  left alone: the server is ONLINE and has 3 users "+
		"of its own\n")
}
