# As it was told: `grep` prints the line it finds, so that every turn writes a line that is no command.
state=down
while sleep 0.5; do
    if curl -s --max-time 1 http://127.0.0.1/health | grep OK; then now=up; else now=down; fi
    if [ $now != $state ]; then
        case $now in
            up) echo "announce route 10.1.1.1/32 next-hop self" ;;
            down) echo "withdraw route 10.1.1.1/32 next-hop self" ;;
        esac
        state=$now
    fi
done
