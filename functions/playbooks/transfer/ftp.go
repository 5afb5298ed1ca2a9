// Package transfer holds the playbooks for AWS Transfer Family.
package transfer

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/transfer"
	"github.com/aws/aws-sdk-go-v2/service/transfer/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

var serverARN = regexp.MustCompile(`^arn:aws[a-z-]*:transfer:[a-z0-9-]+:\d{12}:server/(s-[0-9a-f]{17})$`)

// server is what a server speaks.
type server struct {
	Protocols map[string]bool
	// Users is how many it has itself, and State whether it is on.
	Users int    `salve:"fact"`
	State string `salve:"fact"`
}

// FTP returns the control that keeps a server from speaking FTP.
func FTP() []control.Control {
	return []control.Control{control.Of[server]{
		Info: control.Info{
			ID: "Transfer.2",
			Effect: "The server no longer speaks FTP: clients that use it are cut off until they use one of its other " +
				"protocols, which stay. Ask those who send files, look at the server's log for FTP sessions, and have them move " +
				"first.",
			Fails: control.Fails{
				When: "FTP is among the protocols of the server; FTPS is not FTP.", Rule: "transfer-family-server-no-ftp",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: serverARN,
			Actions: []string{"transfer:DescribeServer", "transfer:UpdateServer"},
			Settle:  control.Settle{Typical: time.Minute, Within: 10 * time.Minute},
		},
		Read: readServer, Want: withoutFTP,
		Mentions: func(now server) []string {
			if now.Users == 0 {
				return nil
			}
			return []string{fmt.Sprintf("the server is %s and has %d users of its own", now.State, now.Users)}
		},
		Write: kind.Whole[server]{Read: readServer, Put: putProtocols}.Write,
	}.Control()}
}

func readServer(ctx context.Context, env control.Env) (server, error) {
	out, err := transfer.NewFromConfig(env.Config).DescribeServer(ctx, &transfer.DescribeServerInput{ServerId: &env.Name})
	if err != nil {
		return server{}, err
	}
	s, err := kind.Answered(out.Server, "DescribeServer", "a server")
	if err != nil {
		return server{}, err
	}
	if len(s.Protocols) == 0 {
		return server{}, fault.New(fault.Invalid, "DescribeServer answered without protocols")
	}
	now := server{Protocols: map[string]bool{}, Users: int(aws.ToInt32(s.UserCount)), State: string(s.State)}
	for _, p := range s.Protocols {
		now.Protocols[string(p)] = true
	}
	return now, nil
}

func withoutFTP(now server, _ control.Env) (server, error) {
	if now.Protocols["FTP"] && len(now.Protocols) == 1 {
		return now, fault.New(fault.Refused, "give the server another protocol, such as FTPS, and have its clients use "+
			"that, or delete it: it speaks FTP alone, and a server has to speak something")
	}
	delete(now.Protocols, "FTP")
	return now, nil
}

// putProtocols names all of them: the call replaces the list.
func putProtocols(ctx context.Context, env control.Env, to server) error {
	in := &transfer.UpdateServerInput{ServerId: &env.Name}
	for _, p := range slices.Sorted(maps.Keys(to.Protocols)) {
		in.Protocols = append(in.Protocols, types.Protocol(p))
	}
	_, err := transfer.NewFromConfig(env.Config).UpdateServer(ctx, in)
	return err
}
