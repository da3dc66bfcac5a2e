"""For each line that comes through the pipe: so many changes of state, a millisecond apart, and a route which says that it was all.

It never reads what it is answered, as the shell loop. No two announcements are the same, so that nothing which the daemon
keeps of them can be taken for another one's.
"""
import sys
import time

done = rounds = 0
while True:
    for line in open(sys.argv[1], encoding="ascii"):
        for done in range(done + 1, done + 1 + int(line)):
            prefix = f"10.2.0.{(done - 1) // 2 % 256}/32"
            if done % 2 == 1:
                print(f"announce route {prefix} next-hop self med {done} as-path [ 65002 {done} ]", flush=True)
            else:
                print(f"withdraw route {prefix} next-hop self", flush=True)
            time.sleep(0.001)
        rounds += 1
        print(f"announce route 10.3.0.{rounds}/32 next-hop self", flush=True)
